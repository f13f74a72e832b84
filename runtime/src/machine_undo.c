/* machine_undo.c: devices as they were before a load, and putting them back. */
#include "machine_parts.h"

/* Of what is kept of the device's states, which is a whole one unless it has members that no schema knows. */
static const vms_element *element_of(const vms_device *device)
{
    return device->keeping ? device->keeping->element : device->element;
}

/* At least a byte, so that NULL is no memory. */
void *vms_state_copy(const vms_device *device, const void *state)
{
    const vms_keeping *keeping = device->keeping;
    size_t size = keeping ? keeping->size : device->state_size;
    void *copy = malloc(size ? size : 1);
    if (!copy)
        return NULL;
    if (keeping)
        keeping->keep(copy, state);
    else
        memcpy(copy, state, size);
    const vms_element *element = element_of(device);
    if (element && element->part(copy)) {
        vms_state_free(device, copy);
        return NULL;
    }
    return copy;
}

void vms_state_free(const vms_device *device, void *copy)
{
    const vms_element *element = element_of(device);
    if (copy && element)
        element->clear(copy);
    free(copy);
}

/* What only functions know, or hooks: it is saved first, and loaded again. */
static bool is_saved(const vms_section *section)
{
    return !section->device || section->device->opaque;
}

int vms_undo_remember(vms_machine *m, undo_list *u, vms_entry *e)
{
    if (u->count == u->room) {
        size_t room = u->room ? 2 * u->room : 16;
        undo_copy *copies = (undo_copy *)realloc(u->copies, room * sizeof(undo_copy));
        if (!copies)
            return vms_machine_out_of_memory(m);
        u->copies = copies;
        u->room = room;
    }
    undo_copy *copy = &u->copies[u->count];
    copy->entry = e;
    copy->state = NULL;
    copy->body = NULL;
    if (is_saved(&e->section)) {
        if (!(copy->body = vms_machine_saved(m, e)))
            return -1;
    } else if (!(copy->state = vms_state_copy(e->section.device, e->section.state))) {
        return vms_machine_out_of_memory(m);
    }
    u->count++;
    return 0;
}

static int load_again(const vms_section *section, vms_file *f, uint32_t version)
{
    if (!section->device)
        return section->load_state(f, section->opaque, version) < 0;
    vms_reader *r = vms_file_reader(f);
    r->receiver = true;
    r->opaque = section->opaque;
    return section->device->load(section->state, r, version, section->hooks);
}

static int put_back(undo_copy *copy)
{
    const vms_section *section = &copy->entry->section;
    if (!is_saved(section)) {
        const vms_device *device = section->device;
        if (device->element)
            device->element->clear(section->state);
        if (device->keeping)
            device->keeping->put_back(section->state, copy->state);
        else
            memcpy(section->state, copy->state, device->state_size);
        free(copy->state);      /* what it owns is the state's now */
        return 0;
    }
    size_t size;
    const uint8_t *bytes = vms_file_memory(copy->body, &size);
    vms_file *f = vms_file_from_memory(bytes, size);
    int failed = !f || load_again(section, f, copy->entry->version) || vms_file_error(f, VMS_FILE_GETTING, NULL);
    vms_file_free(f);
    vms_file_free(copy->body);
    return failed ? -1 : 0;
}

int vms_undo_put_back(undo_list *u)
{
    int failed = 0;
    while (u->count)
        failed |= put_back(&u->copies[--u->count]);
    return failed;
}

void vms_undo_forget(undo_list *u)
{
    while (u->count) {
        undo_copy *copy = &u->copies[--u->count];
        if (copy->state)
            vms_state_free(copy->entry->section.device, copy->state);
        vms_file_free(copy->body);
    }
    free(u->copies);
    u->copies = NULL;
    u->room = 0;
}
