/* machine_load.c: loading a machine: a first look, where the file allows one, then the load; and what a refusal leaves. */
#include "machine_parts.h"

/* RAM as it was. */
typedef struct kept {
    uint64_t *lengths;
    uint8_t **copies;           /* with a shadow */
} kept;

static void keep_nothing(const vms_machine *m, kept *k)
{
    for (size_t i = 0; k->copies && i < m->ram->count; i++)
        free(k->copies[i]);
    free(k->copies);
    free(k->lengths);
}

static int keep(vms_machine *m, kept *k, bool shadow)
{
    memset(k, 0, sizeof *k);
    if (!m->ram)
        return 0;
    size_t count = m->ram->count;
    k->lengths = (uint64_t *)calloc(count + 1, sizeof *k->lengths);
    if (shadow)
        k->copies = (uint8_t **)calloc(count + 1, sizeof(uint8_t *));
    bool failed = !k->lengths || (shadow && !k->copies);
    for (size_t i = 0; !failed && i < count; i++) {
        const vms_ram_block *b = &m->ram->blocks[i];
        k->lengths[i] = b->used_length;
        if (!shadow || b->ignored)
            continue;
        uint64_t room = b->max_length > b->used_length ? b->max_length : b->used_length;
        k->copies[i] = room <= SIZE_MAX ? (uint8_t *)malloc((size_t)room) : NULL;
        failed = !k->copies[i];
        if (!failed)
            memcpy(k->copies[i], b->host, (size_t)room);
    }
    if (!failed)
        return 0;
    keep_nothing(m, k);
    return vms_machine_out_of_memory(m);
}

/* Is RAM as it was? */
static bool put_ram_back(const walk *w, const kept *k)
{
    const vms_ram *ram = w->m->ram;
    if (!ram)
        return true;
    const vms_ram_loader *l = &w->ram;
    bool touched = (l->zero_pages | l->plain_pages | l->xbzrle_pages | l->compressed_pages) != 0;
    for (size_t i = 0; i < ram->count; i++) {
        vms_ram_block *b = &ram->blocks[i];
        b->used_length = k->lengths[i];
        uint64_t room = b->max_length > b->used_length ? b->max_length : b->used_length;
        if (touched && k->copies && k->copies[i])
            memcpy(b->host, k->copies[i], (size_t)room);
    }
    return !touched || k->copies;
}

/* Passes ----------------------------------------------------------------------------------------------------------- */

static int begin(walk *w, vms_machine *m, vms_file *f, uint32_t flags, bool check)
{
    memset(w, 0, sizeof *w);
    w->m = m;
    w->f = f;
    w->r = vms_file_reader(f);
    w->flags = flags;
    w->check = check;
    w->order = (vms_entry **)calloc(m->count + 1, sizeof(vms_entry *));
    if (!w->order)
        return vms_machine_out_of_memory(m);
    uint32_t how = (check ? VMS_RAM_CHECK : 0u) | (flags & VMS_LOAD_KEEP_MISSING ? VMS_RAM_KEEP_MISSING : 0u);
    if (m->ram && vms_ram_loader_init(&w->ram, m->ram, how)) {
        free(w->order);
        return vms_machine_out_of_memory(m);
    }
    w->ram.inflate = m->inflate;
    w->ram.opaque = m->inflate_opaque;
    w->ram.differences = w->ram_differences;
    w->ram.room = sizeof w->ram_differences / sizeof w->ram_differences[0];
    for (size_t i = 0; i < m->count; i++)
        m->entries[i]->came = m->entries[i]->open = false;
    m->difference_count = 0;
    return 0;
}

static void end(walk *w)
{
    if (w->m->ram) {
        vms_ram_loader_clear(&w->ram);
        w->m->ram->flags &= ~(uint32_t)VMS_RAM_MAPPED;
    }
    vms_undo_forget(&w->undo);
    free(w->order);
}

static int look(vms_machine *m, vms_file *f, uint32_t flags)
{
    walk w;
    if (begin(&w, m, f, flags, true))
        return -1;
    m->checking = true;
    int failed = vms_walk_run(&w);
    m->checking = false;
    end(&w);
    return failed;
}

static int apply(vms_machine *m, vms_file *f, uint32_t flags, bool checked)
{
    walk w;
    kept k;
    if (keep(m, &k, flags & VMS_LOAD_SHADOW))
        return -1;
    if (begin(&w, m, f, flags, false)) {
        keep_nothing(m, &k);
        return -1;
    }
    w.checked = checked;
    int failed = vms_walk_run(&w) || vms_walk_loaded(&w) ? -1 : 0;
    if (failed) {
        bool devices = !vms_undo_put_back(&w.undo), ram = put_ram_back(&w, &k);
        m->incomplete = m->incomplete || !devices || !ram;
    } else {
        m->incomplete = false;
    }
    end(&w);
    keep_nothing(m, &k);
    return failed;
}

/* Files ------------------------------------------------------------------------------------------------------------ */

/* Memory has all its bytes at hand; descriptors are asked. */
static bool can_rewind(vms_file *f)
{
    return !vms_file_reader(f)->refill || !vms_file_seek(f, vms_file_get_position(f));
}

static int rewind_to(vms_machine *m, vms_file *f, uint64_t position)
{
    vms_reader *r = vms_file_reader(f);
    if (!r->refill) {
        r->p = r->end - (r->end_offset - position);
        return 0;
    }
    int error = vms_file_seek(f, position);
    if (!error)
        return 0;
    vms_machine_fail(m, VMS_MACHINE_CHANNEL, position, "the channel cannot be read again: %s", strerror(-error));
    m->error.error = error;
    return -1;
}

static int may_be_loaded(vms_machine *m)
{
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

/* What is left of the error of the last pass: where the differences lie may have moved since. */
static int told(vms_machine *m, int failed)
{
    bool different = failed && m->error.code == VMS_MACHINE_DIFFERENT;
    if (!failed)
        vms_machine_forget_error(m);
    m->error.differences = different ? m->differences : NULL;
    m->error.difference_count = different ? m->difference_count : 0;
    return failed;
}

int vms_machine_load(vms_machine *m, vms_file *f, uint32_t flags)
{
    m->difference_count = 0;
    vms_machine_forget_error(m);
    if (may_be_loaded(m))
        return -1;
    uint64_t start = vms_file_get_position(f);
    bool twice = can_rewind(f);
    if (twice && (look(m, f, flags) || rewind_to(m, f, start)))
        return told(m, -1);
    return told(m, apply(m, f, flags, twice));
}
