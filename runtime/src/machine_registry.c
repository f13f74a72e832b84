/* machine_registry.c: what a machine consists of, by the names that stand in its streams, in the order in which they are
 * written: by descending priority, those of one priority as they were registered. */
#include "machine_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

int vms_machine_init(vms_machine *m, const char *name)
{
    memset(m, 0, sizeof *m);
    size_t length = name ? strlen(name) : 0;
    if (length < 1 || length > MAX_MACHINE_NAME || !vms_utf8_is_valid(name, length))
        return -EINVAL;
    m->name = name;
    m->page_bits = m->minimum_page_bits = 12;
    return 0;
}

void vms_machine_clear(vms_machine *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->entries[i]);
    free(m->entries);
    free(m->differences);
    memset(m, 0, sizeof *m);
}

/* Looking ---------------------------------------------------------------------------------------------------------- */

bool vms_entry_answers(const vms_entry *e, const char *idstr, uint32_t instance_id)
{
    bool alias = e->section.alias_id >= 0 && instance_id == e->section.alias_id;
    if (strcmp(e->idstr, idstr) == 0 && (alias || instance_id == e->instance_id))
        return true;
    return e->compat[0] && strcmp(e->compat, idstr) == 0 && (alias || instance_id == e->compat_id);
}

/* Sections mostly come in the machine's own order: the one after the last is looked at first. */
vms_entry *vms_machine_find(const vms_machine *m, const char *idstr, uint32_t instance_id, size_t hint)
{
    for (size_t i = 0; i < m->count; i++) {
        vms_entry *e = m->entries[(hint + i) % m->count];
        if (e->instance_id == instance_id && strcmp(e->idstr, idstr) == 0)
            return e;
    }
    for (size_t i = 0; i < m->count; i++)
        if (vms_entry_answers(m->entries[i], idstr, instance_id))
            return m->entries[i];
    return NULL;
}

bool vms_machine_requires(const vms_machine *m, const vms_entry *e)
{
    if (e->section.device && e->section.device->needed)
        return false;
    return !e->section.device || strcmp(e->idstr, "globalstate") != 0 || !(m->switches & VMS_WITHOUT_GLOBAL_STATE);
}

/* Registering ------------------------------------------------------------------------------------------------------- */

void vms_section_init(vms_section *section)
{
    memset(section, 0, sizeof *section);
    section->instance_id = VMSTATE_INSTANCE_ID_ANY;
    section->alias_id = section->section_id = -1;
    section->priority = INT_MIN;
}

static uint32_t free_instance(const vms_machine *m, const char *idstr)
{
    uint32_t next = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i]->instance_id >= next && strcmp(m->entries[i]->idstr, idstr) == 0)
            next = m->entries[i]->instance_id + 1;
    return next;
}

static uint32_t free_compat(const vms_machine *m, const char *name)
{
    uint32_t next = 0;
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i]->compat_id >= next && strcmp(m->entries[i]->compat, name) == 0)
            next = m->entries[i]->compat_id + 1;
    return next;
}

/* Name on the wire, instance, and the pair that older senders know it by. */
static int place(const vms_machine *m, vms_entry *e, const char *dev, const char *name, uint32_t instance_id)
{
    size_t length = strlen(name), path = dev ? strlen(dev) : 0;
    if (!length || !vms_utf8_is_valid(name, length) || (path && !vms_utf8_is_valid(dev, path)))
        return -EINVAL;
    if (path + (path ? 1 : 0) + length > 255)
        return -ENAMETOOLONG;
    bool any = instance_id == VMSTATE_INSTANCE_ID_ANY;
    if (!path) {
        memcpy(e->idstr, name, length + 1);
        e->instance_id = any ? free_instance(m, name) : instance_id;
        return 0;
    }
    snprintf(e->idstr, sizeof e->idstr, "%s/%s", dev, name);
    memcpy(e->compat, name, length + 1);
    e->compat_id = any ? free_compat(m, name) : instance_id;
    return 0;
}

static bool has_section_id(const vms_machine *m, int64_t id)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i]->section_id == id)
            return true;
    return false;
}

/* A number for its sections that no other entry has. */
static int number(vms_machine *m, vms_entry *e, int64_t wanted)
{
    if (wanted < 0) {
        while (has_section_id(m, m->next_section))
            m->next_section++;
        e->section_id = m->next_section++;
        return 0;
    }
    if (wanted > UINT32_MAX)
        return -EINVAL;
    if (has_section_id(m, wanted))
        return -EEXIST;
    e->section_id = (uint32_t)wanted;
    return 0;
}

static bool is_taken(const vms_machine *m, const vms_entry *e)
{
    int64_t own[2] = {e->instance_id, e->section.alias_id};
    for (size_t i = 0; i < m->count; i++) {
        const vms_entry *other = m->entries[i];
        int64_t theirs[2] = {other->instance_id, other->section.alias_id};
        if (strcmp(other->idstr, e->idstr) == 0)
            for (int k = 0; k < 4; k++)
                if (own[k & 1] >= 0 && own[k & 1] == theirs[k >> 1])
                    return true;
    }
    return false;
}

static int insert(vms_machine *m, vms_entry *e)
{
    if (m->count == m->room) {
        size_t room = m->room ? 2 * m->room : 16;
        vms_entry **entries = (vms_entry **)realloc(m->entries, room * sizeof(vms_entry *));
        if (!entries)
            return -ENOMEM;
        m->entries = entries;
        m->room = room;
    }
    size_t at = m->count;
    while (at && m->entries[at - 1]->priority < e->priority)
        at--;
    memmove(m->entries + at + 1, m->entries + at, (m->count - at) * sizeof(vms_entry *));
    m->entries[at] = e;
    m->count++;
    return 0;
}

/* What the description or the functions say. */
static int describe(vms_entry *e)
{
    const vms_section *s = &e->section;
    if (e->is_ram) {
        if (s->device || s->save_state)
            return -EINVAL;
        e->version = e->minimum_version = VMS_RAM_VERSION;
    } else if (!s->device) {
        e->version = s->version_id;
        if (!s->save_state || !s->load_state)
            return -EINVAL;
    } else {
        if (s->device->abi != VMS_ABI)
            return -ENOEXEC;
        if (!s->device->save || !s->device->load || !s->state)
            return -EINVAL;
        e->version = s->device->version;
        e->minimum_version = s->device->minimum_version;
        e->early = s->device->early_setup;
    }
    if (s->priority != INT_MIN)
        e->priority = s->priority;
    else
        e->priority = s->device ? s->device->priority : VMS_PRIORITY_DEFAULT;
    return 0;
}

static const char *name_of(const vms_section *section)
{
    if (section->idstr)
        return section->idstr;
    return section->device ? section->device->name : section->ram ? "ram" : NULL;
}

static bool is_capable(const vms_machine *m, const char *capability)
{
    bool said = false;
    for (size_t i = 0; i < m->capability_count; i++)
        said = said || strcmp(m->capabilities[i], capability) == 0;
    return said;
}

/* Streams of this machine list addresses if, and only if, they say so. Whether pages have places is said by each. */
static bool lists_as_said(const vms_machine *m, const vms_ram *ram)
{
    bool addresses = ram->flags & VMS_RAM_ADDRESSES;
    return is_capable(m, "x-ignore-shared") == addresses && !is_capable(m, MAPPED_RAM) && !(ram->flags & VMS_RAM_MAPPED);
}

/* Can the blocks be this machine's? */
static int judge_ram(const vms_machine *m, const vms_ram *ram)
{
    size_t block;
    if (m->ram)
        return -EEXIST;
    bool fits = m->page_bits < 32 && ram->page_size == (uint32_t)1 << m->page_bits;
    return !fits || !lists_as_said(m, ram) || vms_ram_wrong(ram, &block) ? -EINVAL : 0;
}

int vms_machine_register(vms_machine *m, const vms_section *section)
{
    const char *name = name_of(section);
    if (!name || section->alias_id > UINT32_MAX)
        return -EINVAL;
    vms_entry *e = (vms_entry *)calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    e->section = *section;
    e->section.dev = e->section.idstr = NULL;
    e->is_ram = section->ram != NULL;
    int result = describe(e);
    if (!result && e->is_ram)
        result = judge_ram(m, section->ram);
    if (!result)
        result = place(m, e, section->dev, name, section->instance_id);
    if (!result && is_taken(m, e))
        result = -EEXIST;
    if (!result)
        result = number(m, e, section->section_id);
    if (!result)
        result = insert(m, e);
    if (result)
        free(e);
    else if (e->is_ram)
        m->ram = section->ram;
    return result;
}

int vms_machine_register_ram(vms_machine *m, vms_ram *ram)
{
    vms_section section;
    vms_section_init(&section);
    section.ram = ram;
    return vms_machine_register(m, &section);
}

/* The seed's names --------------------------------------------------------------------------------------------------- */

int vmstate_register(vms_machine *m, const char *dev, uint32_t instance_id, const vms_device *description, void *opaque,
                     const void *hooks, void *hooks_opaque)
{
    vms_section section;
    vms_section_init(&section);
    section.dev = dev;
    section.instance_id = instance_id;
    section.device = description;
    section.state = opaque;
    section.hooks = hooks;
    section.opaque = hooks_opaque;
    return vms_machine_register(m, &section);
}

int register_savevm(vms_machine *m, const char *dev, const char *idstr, uint32_t instance_id, uint32_t version_id,
                    vms_save_state *save_state, vms_load_state *load_state, void *opaque)
{
    vms_section section;
    vms_section_init(&section);
    section.dev = dev;
    section.idstr = idstr;
    section.instance_id = instance_id;
    section.version_id = version_id;
    section.save_state = save_state;
    section.load_state = load_state;
    section.opaque = opaque;
    return vms_machine_register(m, &section);
}

static int drop(vms_machine *m, size_t at)
{
    free(m->entries[at]);
    m->count--;
    memmove(m->entries + at, m->entries + at + 1, (m->count - at) * sizeof(vms_entry *));
    return 0;
}

int vmstate_unregister(vms_machine *m, const char *dev, const vms_device *description, const void *opaque)
{
    (void)dev;      /* the state says which one it is */
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i]->section.device && m->entries[i]->section.device == description
            && m->entries[i]->section.state == opaque)
            return drop(m, i);
    return -ENOENT;
}

int unregister_savevm(vms_machine *m, const char *dev, const char *idstr, const void *opaque)
{
    char name[256];
    int length = snprintf(name, sizeof name, "%s%s%s", dev ? dev : "", dev && *dev ? "/" : "", idstr);
    for (size_t i = 0; length < (int)sizeof name && i < m->count; i++) {
        const vms_entry *e = m->entries[i];
        if (!e->section.device && !e->is_ram && e->section.opaque == opaque && strcmp(e->idstr, name) == 0)
            return drop(m, i);
    }
    return -ENOENT;
}
