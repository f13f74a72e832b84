/* machine_walk.c: a stream read from its first byte to its last.
 *
 * Strict: every section once, the live one finished, nothing behind the end, and a description that lists what came. */
#include "machine_parts.h"

#include <inttypes.h>

uint64_t vms_walk_offset(const walk *w)
{
    return w->r->end_offset - (uint64_t)(w->r->end - w->r->p);
}

const uint8_t *vms_walk_take(walk *w, size_t n, const char *what)
{
    w->r->error.code = VMS_OK;
    const uint8_t *p = vms_take(w->r, n, "");
    if (!p)
        vms_machine_not_read(w->m, w->f, what);
    return p;
}

static int take32(walk *w, uint32_t *value, const char *what)
{
    const uint8_t *p = vms_walk_take(w, 4, what);
    if (!p)
        return -1;
    *value = vms_get32(p);
    return 0;
}

/* Sections ---------------------------------------------------------------------------------------------------------- */

typedef struct header {
    uint8_t kind;
    uint32_t section_id, instance_id, version;
    char idstr[256];
    uint64_t offset;            /* of its type byte */
} header;

static int footer(walk *w, const vms_entry *e)
{
    if (w->m->switches & VMS_WITHOUT_FOOTERS)
        return 0;
    uint64_t start = vms_walk_offset(w);
    uint32_t id;
    const uint8_t *p = vms_walk_take(w, 1, "a section's footer");
    if (!p)
        return -1;
    if (*p != ELEMENT_FOOTER)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, *p, ELEMENT_FOOTER, ELEMENT_FOOTER,
                                      "no footer where the section should end");
    if (take32(w, &id, "a section's footer"))
        return -1;
    if (id != e->wire_id)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, id, e->wire_id, e->wire_id,
                                      "the footer has another id");
    return 0;
}

static vms_entry *announced(const walk *w, uint32_t section_id)
{
    for (size_t i = 0; i < w->m->count; i++)
        if (w->m->entries[i]->came && w->m->entries[i]->wire_id == section_id)
            return w->m->entries[i];
    return NULL;
}

static int read_header(walk *w, header *h)
{
    const uint8_t *p;
    if (take32(w, &h->section_id, "a section's id") || !(p = vms_walk_take(w, 1, "a section's name")))
        return -1;
    size_t length = *p;
    uint64_t start = vms_walk_offset(w);
    if (!(p = vms_walk_take(w, length, "a section's name")))
        return -1;
    memcpy(h->idstr, p, length);
    h->idstr[length] = 0;
    if (!vms_utf8_is_valid(h->idstr, length))
        return vms_machine_fail(w->m, VMS_MACHINE_FRAMING, start, "a section's name that is not UTF-8");
    /* No section of a C program has a zero byte in its name: it is unknown by what stands before. */
    if (memchr(h->idstr, 0, length))
        return vms_machine_fail(w->m, VMS_MACHINE_FRAMING, start, "a section's name that has a zero byte in it");
    return take32(w, &h->instance_id, "an instance") || take32(w, &h->version, "a section's version") ? -1 : 0;
}

/* The entry that the section is for; NULL with the error set. */
static vms_entry *entry_of(walk *w, const header *h)
{
    vms_machine *m = w->m;
    vms_entry *e = vms_machine_find(m, h->idstr, h->instance_id, w->hint);
    if (!e) {
        vms_walk_give_up(w, h->offset, h->idstr, h->instance_id);
        return NULL;
    }
    if (h->version < e->minimum_version || h->version > e->version)
        vms_machine_fail_range(m, VMS_MACHINE_VERSION, h->offset, h->version, e->minimum_version, e->version,
                               "found version %" PRIu32 ", allowed %" PRIu32 "..%" PRIu32, h->version, e->minimum_version,
                           e->version);
    else if (e->is_ram != (h->kind == ELEMENT_START))
        vms_machine_fail(m, VMS_MACHINE_FRAMING, h->offset, "the section is not sent %s",
                         h->kind == ELEMENT_FULL ? "at once" : "in parts");
    else if (e->came)
        vms_machine_fail(m, VMS_MACHINE_FRAMING, h->offset, "the section came already");
    else
        return e;
    vms_machine_of_section(m, h->idstr, h->instance_id);
    return NULL;
}

static int section_body(walk *w, vms_entry *e, const header *h)
{
    if (e->is_ram) {
        e->open = true;
        return vms_walk_ram(w, e) || footer(w, e) ? -1 : 0;
    }
    if (!w->check && vms_walk_stop_if_different(w, h->offset))
        return -1;
    w->order[w->came++] = e;
    return vms_walk_device(w, e) || footer(w, e) ? -1 : 0;
}

static int section(walk *w, uint8_t kind, uint64_t start)
{
    header h;
    h.kind = kind;
    h.offset = start;
    if (read_header(w, &h))
        return -1;
    const vms_entry *other = announced(w, h.section_id);
    if (other)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, h.section_id, 0, UINT32_MAX,
                                      "the section id %" PRIu32 " belongs to '%.100s' already", h.section_id,
                                      other->wire_idstr);
    vms_entry *e = entry_of(w, &h);
    if (!e)
        return -1;
    e->came = true;
    e->wire_id = h.section_id;
    e->wire_version = h.version;
    e->wire_instance = h.instance_id;
    memcpy(e->wire_idstr, h.idstr, sizeof h.idstr);
    w->hint++;
    if (w->hint >= w->m->count)
        w->hint = 0;
    if (!section_body(w, e, &h))
        return 0;
    if (w->m->error.code != VMS_MACHINE_DIFFERENT)
        vms_machine_of_section(w->m, e->wire_idstr, e->wire_instance);
    return -1;
}

static int part(walk *w, uint8_t kind, uint64_t start)
{
    uint32_t id;
    if (take32(w, &id, "a section's id"))
        return -1;
    vms_entry *e = announced(w, id);
    if (!e || !e->open)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, id, 0, UINT32_MAX,
                                      "no section %" PRIu32 " was started", id);
    if (!w->check && vms_walk_stop_if_different(w, start))
        return -1;
    if (vms_walk_ram(w, e) || footer(w, e)) {
        if (w->m->error.code != VMS_MACHINE_DIFFERENT)
            vms_machine_of_section(w->m, e->wire_idstr, e->wire_instance);
        return -1;
    }
    e->open = kind == ELEMENT_PART;
    return 0;
}

/* The end ------------------------------------------------------------------------------------------------------------ */

static int elements(walk *w, uint64_t *end)
{
    for (;;) {
        uint64_t start = vms_walk_offset(w);
        const uint8_t *p = vms_walk_take(w, 1, "the next element");
        if (!p)
            return -1;
        uint8_t kind = *p;
        int failed;
        if (kind == ELEMENT_EOF) {
            *end = start;
            return 0;
        }
        if (kind == ELEMENT_START || kind == ELEMENT_FULL)
            failed = section(w, kind, start);
        else if (kind == ELEMENT_PART || kind == ELEMENT_END)
            failed = part(w, kind, start);
        else if (kind == ELEMENT_COMMAND)
            failed = vms_walk_command(w, start);
        else
            failed = vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, kind, 0, ELEMENT_COMMAND,
                                            "0x%02x is no element of a stream, or not here", kind);
        if (failed)
            return -1;
    }
}

static int file_header(walk *w)
{
    uint32_t magic, version;
    if (take32(w, &magic, "the file header"))
        return -1;
    if (magic != STREAM_MAGIC)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, 0, magic, STREAM_MAGIC, STREAM_MAGIC,
                                      "not a migration stream: its first number is 0x%08" PRIx32, magic);
    if (take32(w, &version, "the file header"))
        return -1;
    if (version != STREAM_VERSION)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, 4, version, STREAM_VERSION, STREAM_VERSION,
                                      "a stream of version %" PRIu32 "; 3 can be read", version);
    return w->m->switches & VMS_WITHOUT_CONFIGURATION ? 0 : vms_walk_configuration(w);
}

static int run(walk *w)
{
    uint64_t end;
    if (file_header(w) || elements(w, &end))
        return -1;
    for (size_t i = 0; i < w->m->count; i++)
        if (w->m->entries[i]->open) {
            vms_machine_fail(w->m, VMS_MACHINE_FRAMING, end, "the live state was never finished");
            vms_machine_of_section(w->m, w->m->entries[i]->wire_idstr, w->m->entries[i]->wire_instance);
            return -1;
        }
    if (!(w->m->switches & VMS_WITHOUT_DESCRIPTION) && vms_walk_description(w))
        return -1;
    if (vms_walk_nothing_follows(w))
        return -1;
    return vms_walk_missing(w, NULL) || vms_walk_stop_if_different(w, end) ? -1 : 0;
}

int vms_walk_run(walk *w)
{
    int failed = run(w);
    if (failed)
        vms_walk_refused(w);
    return failed;
}
