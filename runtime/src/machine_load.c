/* machine_load.c: reading a machine's stream, strictly: each section once, live state finished, devices put back if it is
 * refused. */
#include "vms_machine.h"

enum { CAME = 1, OPEN = 2 };

typedef struct loading {
    const vms_machine *m;
    vms_reader *r;
    /* Of each section: what has come of it, the id that the stream gives it, its version there, and of a device what it
     * was before. */
    struct arrival {
        unsigned came;
        uint32_t id, version;
        void *before;
    } *arrivals;
} loading;

static int refuse(vms_reader *r, const uint8_t *at, const char *path, const char *text)
{
    return vms_refuse_text(r, VMS_FRAMING, path, at, text);
}

static int take8(vms_reader *r, uint32_t *value, const char *fields)
{
    const uint8_t *p = vms_take(r, 1, fields);
    if (!p)
        return -1;
    *value = *p;
    return 0;
}

static int take32(vms_reader *r, uint32_t *value, const char *fields)
{
    const uint8_t *p = vms_take(r, 4, fields);
    if (!p)
        return -1;
    *value = vms_get32(p);
    return 0;
}

static int load_header(loading *l)
{
    vms_reader *r = l->r;
    uint32_t value;
    if (take32(r, &value, "magic:4"))
        return -1;
    if (value != 0x5145564d)
        return refuse(r, r->p - 4, "", "not a migration stream");
    if (take32(r, &value, "version:4"))
        return -1;
    if (value != 3)
        return refuse(r, r->p - 4, "", "not a stream of version 3");
    if (l->m->flags & VMS_MACHINE_NO_CONFIGURATION)
        return 0;
    if (take8(r, &value, "configuration:1"))
        return -1;
    if (value != VMS_ELEMENT_CONFIGURATION)
        return refuse(r, r->p - 1, "", "no configuration where it should be");
    size_t length = strlen(l->m->name);
    if (take32(r, &value, "machine:4"))
        return -1;
    if (value != length)
        return refuse(r, r->p - 4, "", "the stream is of another machine");
    const uint8_t *name = vms_take(r, length, "machine:1");
    if (!name)
        return -1;
    if (memcmp(name, l->m->name, length) != 0)
        return refuse(r, name, "", "the stream is of another machine");
    return 0;
}

static int load_footer(loading *l, const vms_section *section, uint32_t id)
{
    uint32_t value;
    if (l->m->flags & VMS_MACHINE_NO_FOOTERS)
        return 0;
    if (take8(l->r, &value, "footer:1"))
        return -1;
    if (value != VMS_ELEMENT_FOOTER)
        return refuse(l->r, l->r->p - 1, section->name, "no footer where it should end");
    if (take32(l->r, &value, "footer:4"))
        return -1;
    return value == id ? 0 : refuse(l->r, l->r->p - 4, section->name, "its footer has another id");
}

/* A copy of the state before it is loaded; it shares what the state owns. */
static int remember(loading *l, const vms_section *section, struct arrival *arrival)
{
    const vms_device *device = section->device;
    arrival->before = malloc(device->state_size ? device->state_size : 1);
    if (!arrival->before)
        return vms_refuse_text(l->r, VMS_MEMORY, section->name, l->r->p, "the copy that a load keeps");
    memcpy(arrival->before, section->state, device->state_size);
    if (device->element)
        device->element->share(arrival->before);
    return 0;
}

static int load_body(loading *l, size_t number, vms_element_type type)
{
    const vms_section *section = &l->m->sections[number];
    struct arrival *arrival = &l->arrivals[number];
    if (section->live) {
        if (section->live->load(section->state, l->r, type, arrival->version))
            return -1;
    } else {
        if (remember(l, section, arrival))
            return -1;
        l->r->opaque = section->opaque;
        if (section->device->load(section->state, l->r, arrival->version, section->hooks))
            return vms_within(&l->r->error, section->name);
    }
    return load_footer(l, section, arrival->id);
}

static int find(const vms_machine *m, const uint8_t *name, size_t length, uint32_t instance, size_t *number)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->sections[i].instance == instance && strlen(m->sections[i].name) == length &&
            memcmp(m->sections[i].name, name, length) == 0) {
            *number = i;
            return 1;
        }
    return 0;
}

static int load_section(loading *l, vms_element_type type)
{
    vms_reader *r = l->r;
    uint32_t id, length, instance, version;
    if (take32(r, &id, "id:4") || take8(r, &length, "name:1"))
        return -1;
    const uint8_t *p = vms_take(r, (size_t)length + 8, "header:1");
    if (!p)
        return -1;
    instance = vms_get32(p + length);
    version = vms_get32(p + length + 4);
    size_t number = 0;
    if (!find(l->m, p, length, instance, &number))
        return refuse(r, p, "", "the machine has no such section");
    const vms_section *section = &l->m->sections[number];
    if ((type == VMS_ELEMENT_START) != (section->live != NULL))
        return refuse(r, p, section->name, section->live ? "it is not sent at once" : "it is not sent in parts");
    if (l->arrivals[number].came)
        return refuse(r, p, section->name, "it came already");
    for (size_t i = 0; i < l->m->count; i++)
        if (l->arrivals[i].came && l->arrivals[i].id == id)
            return refuse(r, p, section->name, "its id belongs to another section");
    if (section->live && version != section->live->version)
        return vms_refuse(r, VMS_VERSION, section->name, p + length + 4, vms_unsigned(version),
                          vms_unsigned(section->live->version), vms_unsigned(section->live->version));
    l->arrivals[number].came = type == VMS_ELEMENT_START ? CAME | OPEN : CAME;
    l->arrivals[number].id = id;
    l->arrivals[number].version = version;
    return load_body(l, number, type);
}

static int load_part(loading *l, vms_element_type type)
{
    uint32_t id;
    if (take32(l->r, &id, "id:4"))
        return -1;
    for (size_t i = 0; i < l->m->count; i++)
        if (l->arrivals[i].came & OPEN && l->arrivals[i].id == id) {
            if (type == VMS_ELEMENT_END)
                l->arrivals[i].came = CAME;
            return load_body(l, i, type);
        }
    return refuse(l->r, l->r->p - 4, "", "no section of this id was started");
}

static int load_end(loading *l)
{
    for (size_t i = 0; i < l->m->count; i++) {
        const vms_section *section = &l->m->sections[i];
        if (l->arrivals[i].came & OPEN)
            return refuse(l->r, l->r->p, section->name, "it was never finished");
        if (!l->arrivals[i].came && !section->needed && !(l->m->flags & VMS_MACHINE_KEEP_MISSING))
            return refuse(l->r, l->r->p, section->name, "the stream has no such section");
    }
    return 0;
}

static int load_all(loading *l)
{
    uint32_t type;
    if (load_header(l))
        return -1;
    for (;;) {
        if (take8(l->r, &type, "element:1"))
            return -1;
        int failed;
        if (type == VMS_ELEMENT_EOF)
            return load_end(l);
        else if (type == VMS_ELEMENT_START || type == VMS_ELEMENT_FULL)
            failed = load_section(l, (vms_element_type)type);
        else if (type == VMS_ELEMENT_PART || type == VMS_ELEMENT_END)
            failed = load_part(l, (vms_element_type)type);
        else
            failed = refuse(l->r, l->r->p - 1, "", "no element of a stream, or not here");
        if (failed)
            return -1;
    }
}

/* Puts a device back, or gives up the copy: both own what the copy shares. */
static void settle(const vms_section *section, void *before, bool accepted)
{
    const vms_device *device = section->device;
    if (!accepted) {
        if (device->element)
            device->element->clear(section->state);
        memcpy(section->state, before, device->state_size);
    } else if (device->element) {
        device->element->clear(before);
    }
    free(before);
}

int vms_machine_load(const vms_machine *m, vms_reader *r)
{
    loading l = {m, r, calloc(m->count ? m->count : 1, sizeof l.arrivals[0])};
    if (!l.arrivals)
        return vms_refuse_text(r, VMS_MEMORY, "", r->p, "a list of the sections");
    bool whole = r->whole;
    r->whole = false;
    int failed = load_all(&l);
    for (size_t i = m->count; i-- > 0;)
        if (l.arrivals[i].before)
            settle(&m->sections[i], l.arrivals[i].before, !failed);
    free(l.arrivals);
    r->whole = whole;
    return failed ? -1 : 0;
}
