/* machine_save.c: a machine that stands still, written as a stream: its parts in their order. */
#include "machine_parts.h"

#include <errno.h>

typedef struct saving {
    vms_machine *m;
    vms_file *f;
    vms_file *text;             /* entries of the description */
    size_t described;
    bool mapped;                /* pages have places in the file */
} saving;

static int put_header(vms_file *f, uint8_t kind, const vms_entry *e)
{
    vms_file_put_byte(f, kind);
    vms_file_put_be32(f, e->section_id);
    vms_file_put_counted_string(f, e->idstr, strlen(e->idstr));
    vms_file_put_be32(f, e->instance_id);
    return vms_file_put_be32(f, e->version);
}

static int put_footer(saving *s, const vms_entry *e)
{
    if (!(s->m->switches & VMS_WITHOUT_FOOTERS)) {
        vms_file_put_byte(s->f, ELEMENT_FOOTER);
        vms_file_put_be32(s->f, e->section_id);
    }
    return vms_file_error(s->f, VMS_FILE_PUTTING, NULL) ? vms_machine_not_written(s->m, s->f) : 0;
}

/* Devices ---------------------------------------------------------------------------------------------------------- */

static int put_body(vms_machine *m, vms_file *f, const vms_section *section)
{
    vms_writer *w = vms_file_writer(f);
    w->opaque = section->opaque;
    w->error.code = VMS_OK;
    w->error.hook_count = 0;
    int failed = section->device->save(section->state, w, section->hooks);
    w->opaque = NULL;
    return failed ? vms_machine_not_written(m, f) : 0;
}

vms_file *vms_machine_saved(vms_machine *m, const vms_entry *e)
{
    vms_file *body = vms_file_to_memory();
    if (!body) {
        vms_machine_out_of_memory(m);
        return NULL;
    }
    if (e->section.device) {
        if (!put_body(m, body, &e->section))
            return body;
        vms_file_free(body);
        return NULL;
    }
    int result = e->section.save_state(body, e->section.opaque);
    int error = vms_file_error(body, VMS_FILE_PUTTING, NULL);
    if (result >= 0 && !error)
        return body;
    vms_machine_fail(m, VMS_MACHINE_FUNCTION, 0, "save_state returned %d", result < 0 ? result : error);
    m->error.error = result < 0 ? result : error;
    vms_file_free(body);
    return NULL;
}

static int put_functions(saving *s, const vms_entry *e, uint64_t *size)
{
    vms_file *body = vms_machine_saved(s->m, e);
    if (!body)
        return -1;
    size_t count;
    const uint8_t *bytes = vms_file_memory(body, &count);
    *size = count;
    int failed = put_header(s->f, ELEMENT_FULL, e) || vms_file_put_buffer(s->f, bytes, count);
    vms_file_free(body);
    return failed ? vms_machine_not_written(s->m, s->f) : 0;
}

/* 1: it is to be sent. */
static int is_needed(vms_machine *m, const vms_entry *e)
{
    const vms_section *section = &e->section;
    if (!section->device || !section->device->needed)
        return 1;
    int answer = section->device->needed(section->state, section->opaque, section->hooks);
    if (answer >= 0)
        return answer != 0;
    vms_machine_fail(m, VMS_MACHINE_FUNCTION, 0, "whether it is needed has no answer: %d", answer);
    m->error.error = answer;
    return -1;
}

static int put_state(saving *s, const vms_entry *e, uint64_t *size)
{
    if (put_header(s->f, ELEMENT_FULL, e))
        return vms_machine_not_written(s->m, s->f);
    uint64_t start = vms_file_put_position(s->f);
    int failed = put_body(s->m, s->f, &e->section);
    *size = vms_file_put_position(s->f) - start;
    return failed;
}

static int put_device(saving *s, vms_entry *e)
{
    uint64_t size = 0;
    int needed = is_needed(s->m, e);
    if (needed <= 0)
        return needed;
    if (e->section.device ? put_state(s, e, &size) : put_functions(s, e, &size))
        return -1;
    if (put_footer(s, e))
        return -1;
    if (s->m->switches & VMS_WITHOUT_DESCRIPTION)
        return 0;
    if (s->described++)
        vms_file_put_buffer(s->text, ", ", 2);
    return vms_machine_describe(s->m, e, s->text, size);
}

static int put_devices(saving *s, bool early)
{
    for (size_t i = 0; i < s->m->count; i++) {
        vms_entry *e = s->m->entries[i];
        if (!e->is_ram && e->early == early && put_device(s, e)) {
            vms_machine_of_section(s->m, e->idstr, e->instance_id);
            return -1;
        }
    }
    return 0;
}

/* RAM: a START with the list of blocks, a PART with all pages, an END with none left ---------------------------------- */

static int put_part(saving *s, uint8_t kind, const vms_entry *e)
{
    vms_file_put_byte(s->f, kind);
    return vms_file_put_be32(s->f, e->section_id) ? vms_machine_not_written(s->m, s->f) : 0;
}

static int end_part(saving *s, const vms_entry *e)
{
    return vms_ram_send_end(vms_file_writer(s->f)) ? vms_machine_not_written(s->m, s->f) : put_footer(s, e);
}

static int put_ram(saving *s, const vms_entry *e)
{
    const vms_ram *ram = s->m->ram;
    vms_writer *w = vms_file_writer(s->f);
    vms_ram_sender sender;
    vms_ram_sender_init(&sender, ram);
    sender.lend = vms_file_lend;
    w->error.code = VMS_OK;
    if (put_header(s->f, ELEMENT_START, e) || (!s->mapped && vms_ram_send_blocks(&sender, w)))
        return vms_machine_not_written(s->m, s->f);
    if (s->mapped && vms_machine_put_mapped(s->m, s->f))
        return -1;
    if (end_part(s, e))
        return -1;
    bool any = false;
    for (size_t i = 0; i < ram->count; i++) {
        if (ram->blocks[i].ignored)
            continue;
        if (!any && put_part(s, ELEMENT_PART, e))
            return -1;
        any = true;
        if (!s->mapped && vms_ram_send_pages(&sender, w, i, 0, ram->blocks[i].used_length / ram->page_size))
            return vms_machine_not_written(s->m, s->f);
    }
    if (any && end_part(s, e))
        return -1;
    return put_part(s, ELEMENT_END, e) || end_part(s, e) ? -1 : 0;
}

static vms_entry *ram_entry(const vms_machine *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i]->is_ram)
            return m->entries[i];
    return NULL;
}

/* The whole -------------------------------------------------------------------------------------------------------- */

static int put_end(saving *s)
{
    vms_file_put_byte(s->f, ELEMENT_EOF);
    if (!(s->m->switches & VMS_WITHOUT_DESCRIPTION)) {
        size_t size;
        vms_file_put_buffer(s->text, "]}", 2);
        const uint8_t *text = vms_file_memory(s->text, &size);
        if (vms_file_error(s->text, VMS_FILE_PUTTING, NULL))
            return vms_machine_out_of_memory(s->m);
        if (size > MAX_DESCRIPTION)
            return vms_machine_fail_range(s->m, VMS_MACHINE_FRAMING, vms_file_put_position(s->f), size, 0, MAX_DESCRIPTION,
                                          "a description of %zu bytes", size);
        vms_file_put_byte(s->f, ELEMENT_DESCRIPTION);
        vms_file_put_be32(s->f, (uint32_t)size);
        vms_file_put_buffer(s->f, text, size);
    }
    return vms_file_flush(s->f) ? vms_machine_not_written(s->m, s->f) : 0;
}

static int put_stream(saving *s)
{
    vms_file_put_be32(s->f, STREAM_MAGIC);
    vms_file_put_be32(s->f, STREAM_VERSION);
    if (!(s->m->switches & VMS_WITHOUT_CONFIGURATION))
        vms_machine_put_configuration(s->m, s->f, s->mapped);
    if (put_devices(s, true))
        return -1;
    vms_entry *ram = ram_entry(s->m);
    if (ram && put_ram(s, ram)) {
        vms_machine_of_section(s->m, ram->idstr, ram->instance_id);
        return -1;
    }
    return put_devices(s, false) || put_end(s) ? -1 : 0;
}

static int may_be_saved(vms_machine *m)
{
    if (m->incomplete)
        return vms_machine_fail(m, VMS_MACHINE_INCOMPLETE, 0, "a load has left the machine incomplete; load again first");
    for (size_t i = 0; i < m->count; i++) {
        const vms_entry *e = m->entries[i];
        if (e->section.device && e->section.device->unmigratable) {
            vms_machine_fail(m, VMS_MACHINE_UNMIGRATABLE, 0, "the device is unmigratable");
            vms_machine_of_section(m, e->idstr, e->instance_id);
            return -1;
        }
    }
    return 0;
}

static int save(vms_machine *m, vms_file *f, bool mapped)
{
    saving s = {.m = m, .f = f, .mapped = mapped};
    m->difference_count = 0;
    vms_machine_forget_error(m);
    if (may_be_saved(m) || (mapped && vms_machine_may_be_mapped(m, f)))
        return -1;
    if (vms_file_error(f, VMS_FILE_PUTTING, NULL))
        return vms_machine_not_written(m, f);
    s.text = vms_file_to_memory();
    if (!s.text)
        return vms_machine_out_of_memory(m);
    static const char page_size[] = "\"page_size\": ", devices[] = ", \"devices\": [";
    vms_file_put_byte(s.text, '{');
    if (mapped)                 /* QEMU 7.2 never says it; those that know of such files always do */
        vms_machine_describe_configuration(m, s.text);
    vms_file_put_buffer(s.text, page_size, sizeof page_size - 1);
    vms_machine_put_number(s.text, (uint64_t)1 << m->page_bits);
    vms_file_put_buffer(s.text, devices, sizeof devices - 1);
    int failed = put_stream(&s);
    vms_file_free(s.text);
    return failed;
}

int vms_machine_save(vms_machine *m, vms_file *f) { return save(m, f, false); }

int vms_machine_save_mapped(vms_machine *m, vms_file *f) { return save(m, f, true); }
