/* machine_end.c: the description that ends a stream, when a load comes to it. */
#include "machine_parts.h"

#include <inttypes.h>

static bool lists_what_came(const walk *w, const described *d)
{
    if (d->count != w->came)
        return false;
    for (size_t i = 0; i < d->count; i++) {
        const described_device *listed = &d->devices[i];
        const vms_entry *e = w->order[i];
        if (listed->length != strlen(e->wire_idstr) || memcmp(listed->name, e->wire_idstr, listed->length) != 0
            || listed->instance_id != e->wire_instance)
            return false;
    }
    return true;
}

int vms_walk_description(walk *w)
{
    uint64_t start = vms_walk_offset(w);
    const uint8_t *p = vms_walk_take(w, 1, "the description");
    if (!p)
        return -1;
    if (*p != ELEMENT_DESCRIPTION)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, *p, ELEMENT_DESCRIPTION, ELEMENT_DESCRIPTION,
                                      "no description at the stream's end");
    if (!(p = vms_walk_take(w, 4, "the description")))
        return -1;
    uint32_t length = vms_get32(p);
    if (length > MAX_DESCRIPTION)
        return vms_machine_fail_range(w->m, VMS_MACHINE_FRAMING, start, length, 0, MAX_DESCRIPTION,
                                      "a description of %" PRIu32 " bytes", length);
    uint64_t text = vms_walk_offset(w);
    if (!(p = vms_walk_take(w, length, "the description")))
        return -1;
    if (w->checked)
        return 0;
    described d;
    size_t at;
    const char *wrong = vms_description_parse(&d, p, length, &at);
    bool listed = !wrong && lists_what_came(w, &d);
    vms_description_free(&d);
    if (wrong)
        return vms_machine_fail(w->m, VMS_MACHINE_FRAMING, text + at, "the description %s", wrong);
    if (listed)
        return 0;
    return vms_machine_fail(w->m, VMS_MACHINE_FRAMING, start, "the description lists other sections than the stream has");
}
