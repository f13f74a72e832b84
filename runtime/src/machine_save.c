/* machine_save.c: writing a machine: header, configuration, live state, devices. */
#include "vms_machine.h"

static int put(vms_writer *w, const void *bytes, size_t size)
{
    uint8_t *room = vms_room(w, size);
    if (!room)
        return -1;
    memcpy(room, bytes, size);
    return 0;
}

static int put_number(vms_writer *w, uint32_t value)
{
    uint8_t bytes[4];
    vms_put32(bytes, value);
    return put(w, bytes, sizeof bytes);
}

static int put_type(vms_writer *w, vms_element_type type)
{
    uint8_t byte = (uint8_t)type;
    return put(w, &byte, 1);
}

static int put_header(vms_writer *w, const vms_section *section, vms_element_type type, uint32_t version)
{
    size_t length = strlen(section->name);
    if (length == 0 || length > 255)
        return vms_not_saved_text(w, VMS_FRAMING, "", "a section's name has 1 to 255 bytes");
    uint8_t size = (uint8_t)length;
    return put_type(w, type) || put_number(w, section->id) || put(w, &size, 1) || put(w, section->name, length) ||
           put_number(w, section->instance) || put_number(w, version);
}

static int put_footer(const vms_machine *m, const vms_section *section, vms_writer *w)
{
    if (m->flags & VMS_MACHINE_NO_FOOTERS)
        return 0;
    return put_type(w, VMS_ELEMENT_FOOTER) || put_number(w, section->id);
}

static int save_device(const vms_machine *m, const vms_section *section, vms_writer *w)
{
    w->opaque = section->opaque;
    int needed = section->needed ? section->needed(section->state, section->opaque, section->hooks) : 1;
    if (needed < 0)
        return vms_not_saved_text(w, VMS_ARITHMETIC, section->name, "whether it is needed cannot be computed");
    if (!needed)
        return 0;
    if (put_header(w, section, VMS_ELEMENT_FULL, section->device->version))
        return -1;
    if (section->device->save(section->state, w, section->hooks))
        return vms_within(&w->error, section->name);
    return put_footer(m, section, w);
}

int vms_machine_begin(const vms_machine *m, vms_writer *w)
{
    if (put_number(w, 0x5145564d) || put_number(w, 3))
        return -1;
    if (!(m->flags & VMS_MACHINE_NO_CONFIGURATION)) {
        size_t length = strlen(m->name);
        if (length > 1024)
            return vms_not_saved_text(w, VMS_FRAMING, "", "a machine's name has at most 1024 bytes");
        if (put_type(w, VMS_ELEMENT_CONFIGURATION) || put_number(w, (uint32_t)length) || put(w, m->name, length))
            return -1;
    }
    for (size_t i = 0; i < m->count; i++) {
        const vms_section *section = &m->sections[i];
        if (section->live && (put_header(w, section, VMS_ELEMENT_START, section->live->version) ||
                              section->live->setup(section->state, w) || put_footer(m, section, w)))
            return -1;
    }
    return 0;
}

int vms_machine_iterate(const vms_machine *m, vms_writer *w)
{
    for (size_t i = 0; i < m->count; i++) {
        const vms_section *section = &m->sections[i];
        if (!section->live || !section->live->iterate)
            continue;
        if (put_type(w, VMS_ELEMENT_PART) || put_number(w, section->id))
            return -1;
        int finished = section->live->iterate(section->state, w);
        if (finished < 0 || put_footer(m, section, w))
            return -1;
        if (!finished)
            return 0;
    }
    return 1;
}

int vms_machine_complete(const vms_machine *m, vms_writer *w)
{
    for (size_t i = 0; i < m->count; i++) {
        const vms_section *section = &m->sections[i];
        if (section->live && (put_type(w, VMS_ELEMENT_END) || put_number(w, section->id) ||
                              section->live->complete(section->state, w) || put_footer(m, section, w)))
            return -1;
    }
    for (size_t i = 0; i < m->count; i++)
        if (m->sections[i].device && save_device(m, &m->sections[i], w))
            return -1;
    return put_type(w, VMS_ELEMENT_EOF);
}

int vms_machine_save(const vms_machine *m, vms_writer *w)
{
    return vms_machine_begin(m, w) || vms_machine_complete(m, w) ? -1 : 0;
}
