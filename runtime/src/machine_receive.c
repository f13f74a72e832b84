/* machine_receive.c: what becomes of the sections of a stream: looked at or loaded; and how the machines differ. */
#include "machine_parts.h"

#include <errno.h>

/* Differences ------------------------------------------------------------------------------------------------------ */

int vms_walk_stop_if_different(walk *w, uint64_t offset)
{
    return w->m->difference_count ? vms_machine_different(w->m, offset) : 0;
}

static bool names(const described *d, const vms_entry *e)
{
    for (size_t i = 0; d && i < d->count; i++) {
        const described_device *listed = &d->devices[i];
        if (listed->instance_id <= UINT32_MAX && strlen(listed->name) == listed->length
            && vms_entry_answers(e, listed->name, (uint32_t)listed->instance_id))
            return true;
    }
    return false;
}

int vms_walk_missing(walk *w, const described *d)
{
    if (w->flags & VMS_LOAD_KEEP_MISSING)
        return 0;
    for (size_t i = 0; i < w->m->count; i++) {
        const vms_entry *e = w->m->entries[i];
        if (e->came || (d && e->is_ram) || names(d, e) || !vms_machine_requires(w->m, e))
            continue;
        if (vms_machine_differs_section(w->m, VMS_UNLIKE_MISSING, e->idstr, e->instance_id))
            return -1;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const vms_machine_difference *first = (const vms_machine_difference *)a, *second = (const vms_machine_difference *)b;
    int order = strcmp(first->subject, second->subject);
    return order ? order : (first->instance_id > second->instance_id) - (first->instance_id < second->instance_id);
}

/* More than that of sections that nobody knows says nothing new. */
enum { MAX_EXTRA = 4096 };

static int extras(walk *w, const described *d, const char *idstr, uint32_t instance_id)
{
    vms_machine *m = w->m;
    size_t before = m->difference_count;
    if (idstr && vms_machine_differs_section(m, VMS_UNLIKE_EXTRA, idstr, instance_id))
        return -1;
    for (size_t i = 0; i < d->count && m->difference_count - before < MAX_EXTRA; i++) {
        const described_device *listed = &d->devices[i];
        uint32_t instance = (uint32_t)listed->instance_id;
        bool same = idstr && instance == instance_id && strcmp(listed->name, idstr) == 0;
        if (listed->instance_id > UINT32_MAX || same || vms_machine_find(m, listed->name, instance, 0))
            continue;
        if (vms_machine_differs_section(m, VMS_UNLIKE_EXTRA, listed->name, instance))
            return -1;
    }
    if (m->difference_count > before)
        qsort(m->differences + before, m->difference_count - before, sizeof *m->differences, by_name);
    return 0;
}

int vms_walk_give_up(walk *w, uint64_t offset, const char *idstr, uint32_t instance_id)
{
    described d;
    memset(&d, 0, sizeof d);
    bool listed = w->check && !(w->m->switches & VMS_WITHOUT_DESCRIPTION) && vms_description_ahead(&d, w->f);
    int failed = extras(w, &d, idstr, instance_id) || (listed && vms_walk_missing(w, &d));
    vms_description_free(&d);
    return failed ? -1 : vms_machine_different(w->m, offset);
}

/* RAM ---------------------------------------------------------------------------------------------------------------- */

static int note_blocks(walk *w)
{
    for (size_t i = 0; i < w->ram.difference_count && i < w->ram.room; i++) {
        const vms_ram_difference *found = &w->ram_differences[i];
        vms_machine_difference *d = vms_machine_differs(w->m, VMS_UNLIKE_RAM, found->name, strlen(found->name));
        if (!d)
            return -1;
        d->ram = found->kind;
        d->here = found->held;
        d->there = found->found;
    }
    return 0;
}

int vms_walk_ram(walk *w, vms_entry *e)
{
    (void)e;
    w->r->error.code = VMS_OK;
    w->r->error.hook_count = 0;
    if (!(w->mapped && !w->ram.listed ? vms_walk_mapped(w) : vms_ram_load(&w->ram, w->r)))
        return 0;
    /* It stopped where the list of blocks ends: nothing behind it can be read. */
    if (w->ram.difference_count && !w->ram.listed)
        return note_blocks(w) ? -1 : vms_walk_give_up(w, vms_walk_offset(w), NULL, 0);
    return vms_machine_not_read(w->m, w->f, "the RAM");
}

/* Devices ------------------------------------------------------------------------------------------------------------ */

static int load_functions(walk *w, const vms_entry *e)
{
    uint64_t start = vms_walk_offset(w);
    int result = e->section.load_state(w->f, e->section.opaque, e->wire_version);
    if (vms_file_error(w->f, VMS_FILE_GETTING, NULL))
        return vms_machine_not_read(w->m, w->f, "what load_state reads");
    if (result >= 0)
        return 0;
    vms_machine_fail(w->m, VMS_MACHINE_FUNCTION, start, "load_state returned %d", result);
    w->m->error.error = result;
    return -1;
}

static int load_state(walk *w, const vms_entry *e, void *state)
{
    vms_reader *r = w->r;
    r->whole = false;
    r->receiver = true;
    r->opaque = e->section.opaque;
    r->error.code = VMS_OK;
    r->error.hook_count = 0;
    int failed = e->section.device->load(state, r, e->wire_version, e->section.hooks);
    r->opaque = NULL;
    return failed ? vms_machine_not_read(w->m, w->f, "the device") : 0;
}

static int load_in_place(walk *w, const vms_entry *e)
{
    return e->section.device ? load_state(w, e, e->section.state) : load_functions(w, e);
}

static int look_at_copy(walk *w, const vms_entry *e)
{
    void *copy = vms_state_copy(e->section.device, e->section.state);
    if (!copy)
        return vms_machine_out_of_memory(w->m);
    int failed = load_state(w, e, copy);
    vms_state_free(e->section.device, copy);
    return failed;
}

/* Not where a hook may rely on where the state lies, nor of a struct of the program's own, as that may point anywhere. */
static bool is_looked_at_in_copy(const vms_section *section)
{
    return section->device && !section->hooks && !section->device->keeping;
}

int vms_walk_device(walk *w, vms_entry *e)
{
    if (w->check && is_looked_at_in_copy(&e->section))
        return look_at_copy(w, e);
    if (vms_undo_remember(w->m, &w->undo, e))
        return -1;
    int failed = load_in_place(w, e);
    if (!w->check || !vms_undo_put_back(&w->undo))
        return failed;
    w->m->incomplete = true;
    return failed ? failed : vms_machine_fail(w->m, VMS_MACHINE_FUNCTION, vms_walk_offset(w),
                                              "load_state refused what save_state had given");
}
