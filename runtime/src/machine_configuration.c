/* machine_configuration.c: the element that says which machine a stream is of: written, read, compared. */
#include "machine_parts.h"

#include <inttypes.h>
#include <stdio.h>

static const char page_bits_name[] = "configuration/target-page-bits";
static const char capabilities_name[] = "configuration/capabilities";
static const char uuid_name[] = "configuration/uuid";

/* Writing ---------------------------------------------------------------------------------------------------------- */

static void put_subsection(vms_file *f, const char *name)
{
    vms_file_put_byte(f, ELEMENT_SUBSECTION);
    vms_file_put_counted_string(f, name, strlen(name));
    vms_file_put_be32(f, 1);
}

int vms_machine_put_configuration(const vms_machine *m, vms_file *f, bool mapped)
{
    size_t length = strlen(m->name);
    vms_file_put_byte(f, ELEMENT_CONFIGURATION);
    vms_file_put_be32(f, (uint32_t)length);
    vms_file_put_buffer(f, m->name, length);
    if (m->page_bits > m->minimum_page_bits) {
        put_subsection(f, page_bits_name);
        vms_file_put_be32(f, m->page_bits);
    }
    if (m->capability_count || mapped) {
        put_subsection(f, capabilities_name);
        vms_file_put_be32(f, (uint32_t)m->capability_count + mapped);
        for (size_t i = 0; i < m->capability_count; i++)
            vms_file_put_counted_string(f, m->capabilities[i], strlen(m->capabilities[i]));
        if (mapped)
            vms_file_put_counted_string(f, MAPPED_RAM, strlen(MAPPED_RAM));
    }
    if (m->uuid) {
        put_subsection(f, uuid_name);
        vms_file_put_buffer(f, m->uuid, 16);
    }
    return vms_file_error(f, VMS_FILE_PUTTING, NULL);
}

/* Describing, as QEMU does from 8.2 on: without that nobody who goes by the description finds what comes behind ---- */

#define TEXT(f, text) vms_file_put_buffer(f, text, sizeof(text) - 1)

static void describe_subsection(vms_file *text, const char *name)
{
    TEXT(text, "{\"vmsd_name\": \"");
    vms_file_put_buffer(text, name, strlen(name));
    TEXT(text, "\", \"version\": 1, \"fields\": [");
}

static void describe_capabilities(const vms_machine *m, vms_file *text)
{
    const char *first = m->capability_count ? m->capabilities[0] : MAPPED_RAM;
    describe_subsection(text, capabilities_name);
    TEXT(text, "{\"name\": \"caps_count\", \"type\": \"uint32\", \"size\": 4}, {\"name\": \"capabilities\", ");
    if (m->capability_count) {
        TEXT(text, "\"array_len\": ");
        vms_machine_put_number(text, m->capability_count + 1);
        TEXT(text, ", ");
    }
    TEXT(text, "\"type\": \"capability\", \"size\": ");
    vms_machine_put_number(text, 1 + strlen(first));
    TEXT(text, "}]}");
}

int vms_machine_describe_configuration(const vms_machine *m, vms_file *text)
{
    TEXT(text, "\"configuration\": {\"vmsd_name\": \"configuration\", \"version\": 1, \"fields\": [");
    TEXT(text, "{\"name\": \"len\", \"type\": \"uint32\", \"size\": 4}, ");
    TEXT(text, "{\"name\": \"name\", \"type\": \"buffer\", \"size\": ");
    vms_machine_put_number(text, strlen(m->name));
    TEXT(text, "}], \"subsections\": [");
    if (m->page_bits > m->minimum_page_bits) {
        describe_subsection(text, page_bits_name);
        TEXT(text, "{\"name\": \"target_page_bits\", \"type\": \"uint32\", \"size\": 4}]}, ");
    }
    describe_capabilities(m, text);
    if (m->uuid) {
        TEXT(text, ", ");
        describe_subsection(text, uuid_name);
        TEXT(text, "{\"name\": \"uuid.data\", \"array_len\": 16, \"type\": \"uint8\", \"size\": 1}]}");
    }
    return TEXT(text, "]}, ");
}

/* Reading ---------------------------------------------------------------------------------------------------------- */

typedef struct found_configuration {
    bool has_bits, has_capabilities, has_uuid;
    uint32_t bits;
    size_t count;
    char capabilities[MAX_CAPABILITIES][256];
    uint8_t uuid[16];
} found_configuration;

static int refuse(walk *w, uint64_t offset, const char *what)
{
    return vms_machine_fail(w->m, VMS_MACHINE_FRAMING, offset, "the configuration has %s", what);
}

static int take32(walk *w, uint32_t *value)
{
    const uint8_t *p = vms_walk_take(w, 4, "the configuration");
    if (!p)
        return -1;
    *value = vms_get32(p);
    return 0;
}

/* A name with a length byte. */
static int take_name(walk *w, char name[256])
{
    uint64_t start = vms_walk_offset(w);
    const uint8_t *p = vms_walk_take(w, 1, "the configuration");
    size_t length = p ? *p : 0;
    if (!p || !(p = vms_walk_take(w, length, "the configuration")))
        return -1;
    memcpy(name, p, length);
    name[length] = 0;
    return memchr(name, 0, length) || !vms_utf8_is_valid(name, length) ? refuse(w, start, "a name that is no text") : 0;
}

static int read_capabilities(walk *w, found_configuration *found, uint64_t start)
{
    uint32_t count;
    if (take32(w, &count))
        return -1;
    if (count > MAX_CAPABILITIES)
        return refuse(w, start, "too many capabilities");
    for (found->count = 0; found->count < count; found->count++)
        if (take_name(w, found->capabilities[found->count]))
            return -1;
    found->has_capabilities = true;
    return 0;
}

static int read_subsection(walk *w, found_configuration *found)
{
    uint64_t start = vms_walk_offset(w);
    char name[256];
    uint32_t version;
    if (!vms_walk_take(w, 1, "the configuration") || take_name(w, name) || take32(w, &version))
        return -1;
    if (version == 1 && !found->has_bits && strcmp(name, page_bits_name) == 0) {
        found->has_bits = true;
        return take32(w, &found->bits);
    }
    if (version == 1 && !found->has_capabilities && strcmp(name, capabilities_name) == 0)
        return read_capabilities(w, found, start);
    if (version != 1 || found->has_uuid || strcmp(name, uuid_name) != 0)
        return refuse(w, start, "an unknown subsection, or one twice, or of a version other than 1");
    const uint8_t *p = vms_walk_take(w, 16, "the configuration");
    if (!p)
        return -1;
    memcpy(found->uuid, p, 16);
    found->has_uuid = true;
    return 0;
}

/* Comparing -------------------------------------------------------------------------------------------------------- */

static int note(walk *w, vms_machine_unlike kind, const char *subject, uint64_t here, uint64_t there)
{
    vms_machine_difference *d = vms_machine_differs(w->m, kind, subject, strlen(subject));
    if (!d)
        return -1;
    d->here = here;
    d->there = there;
    return 0;
}

/* A sender whose page is the smallest of its processor does not say how large that is. A uuid is compared where both
 * have one. */
static int compare(walk *w, const found_configuration *found)
{
    const vms_machine *m = w->m;
    uint64_t bits = found->has_bits ? found->bits : m->minimum_page_bits;
    if (bits != m->page_bits && note(w, VMS_UNLIKE_PAGE_BITS, "", m->page_bits, bits))
        return -1;
    for (size_t i = 0; i < m->capability_count; i++) {
        size_t k = 0;
        while (k < found->count && strcmp(found->capabilities[k], m->capabilities[i]) != 0)
            k++;
        if (k == found->count && note(w, VMS_UNLIKE_CAPABILITY, m->capabilities[i], 1, 0))
            return -1;
    }
    for (size_t k = 0; k < found->count; k++) {
        size_t i = 0;
        if (strcmp(found->capabilities[k], MAPPED_RAM) == 0) {
            w->mapped = m->ram && m->ram->count;
            continue;
        }
        while (i < m->capability_count && strcmp(found->capabilities[k], m->capabilities[i]) != 0)
            i++;
        if (i == m->capability_count && note(w, VMS_UNLIKE_CAPABILITY, found->capabilities[k], 0, 1))
            return -1;
    }
    if (found->has_uuid && m->uuid && memcmp(found->uuid, m->uuid, 16) != 0)
        return note(w, VMS_UNLIKE_UUID, "", 0, 0);
    return 0;
}

int vms_walk_configuration(walk *w)
{
    uint64_t start = vms_walk_offset(w);
    const uint8_t *p = vms_walk_take(w, 1, "the configuration");
    if (!p)
        return -1;
    if (*p != ELEMENT_CONFIGURATION)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, *p, ELEMENT_CONFIGURATION,
                                      ELEMENT_CONFIGURATION, "no configuration where it should be");
    uint32_t length;
    start = vms_walk_offset(w);
    if (take32(w, &length))
        return -1;
    if (length > MAX_MACHINE_NAME)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, length, 0, MAX_MACHINE_NAME,
                                      "a machine's name of %" PRIu32 " bytes", length);
    if (!(p = vms_walk_take(w, length, "the machine's name")))
        return -1;
    if (!vms_utf8_is_valid((const char *)p, length))
        return refuse(w, start, "a machine's name that is not UTF-8");
    if (strlen(w->m->name) != length || memcmp(w->m->name, p, length) != 0)
        if (!vms_machine_differs(w->m, VMS_UNLIKE_MACHINE, (const char *)p, length))
            return -1;
    found_configuration found;
    memset(&found, 0, sizeof found);
    while ((p = vms_peek(w->r, 1)) && *p == ELEMENT_SUBSECTION)
        if (read_subsection(w, &found))
            return -1;
    return compare(w, &found);
}
