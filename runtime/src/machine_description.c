/* machine_description.c: the JSON at a stream's end, as far as a load needs it: of each section its
 * name and instance. */
#include "machine_json.h"

/* The device at `d->devices[d->count]`, which is counted once it is complete. */
static bool device(json *j, described *d)
{
    static const char *const names[2] = {"name", "instance_id"};
    described_device *found = &d->devices[d->count];
    bool numbered = false;
    int which;
    memset(found, 0, sizeof *found);
    if (!vms_json_next_is(j, '{'))
        return vms_json_fail(j, "lists a device that is no object");
    if (!vms_json_next_is(j, '}')) {
        do {
            bool good = vms_json_key(j, names, &which);
            if (good && which == 0) {
                free(found->name);
                found->name = NULL;
                good = vms_json_string(j, &found->name, &found->length);
            } else if (good && which == 1) {
                good = numbered = vms_json_number(j, &found->instance_id);
            } else if (good) {
                good = vms_json_skip(j, 3);
            }
            if (!good)
                return false;
        } while (vms_json_next_is(j, ','));
        if (!vms_json_next_is(j, '}'))
            return vms_json_fail(j, "lacks a comma or an end");
    }
    return (found->name && numbered) || vms_json_fail(j, "lists a device without a name or an instance");
}

static bool devices(json *j, described *d)
{
    if (!vms_json_next_is(j, '['))
        return vms_json_fail(j, "has no list of devices");
    vms_description_free(d);        /* of two lists the last one counts */
    if (vms_json_next_is(j, ']'))
        return true;
    do {
        if (d->count == d->room) {
            size_t room = d->room ? 2 * d->room : 16;
            described_device *larger = (described_device *)realloc(d->devices, room * sizeof(described_device));
            if (!larger)
                return vms_json_fail(j, "does not fit into memory");
            d->devices = larger;
            d->room = room;
        }
        if (!device(j, d)) {
            free(d->devices[d->count].name);
            return false;
        }
        d->count++;
    } while (vms_json_next_is(j, ','));
    return vms_json_next_is(j, ']') || vms_json_fail(j, "lacks a comma or an end");
}

static bool whole(json *j, described *d)
{
    static const char *const names[2] = {"page_size", "devices"};
    uint64_t page_size = 0;
    bool listed = false;
    int which;
    if (!vms_json_next_is(j, '{'))
        return vms_json_fail(j, "is not an object");
    if (!vms_json_next_is(j, '}')) {
        do {
            bool good = vms_json_key(j, names, &which);
            if (good && which == 0)
                good = vms_json_number(j, &page_size);
            else if (good && which == 1)
                good = listed = devices(j, d);
            else if (good)
                good = vms_json_skip(j, 1);
            if (!good)
                return false;
        } while (vms_json_next_is(j, ','));
        if (!vms_json_next_is(j, '}'))
            return vms_json_fail(j, "lacks a comma or an end");
    }
    vms_json_skip_space(j);
    if (j->p != j->end)
        return vms_json_fail(j, "goes on behind its end");
    if (page_size < 512 || page_size > 1 << 20 || (page_size & (page_size - 1)))
        return vms_json_fail(j, "gives no usable page_size");
    return listed || vms_json_fail(j, "has no list of devices");
}

const char *vms_description_parse(described *d, const uint8_t *text, size_t size, size_t *at)
{
    json j = {text, text + size, NULL};
    memset(d, 0, sizeof *d);
    if (!vms_utf8_is_valid((const char *)text, size))
        vms_json_fail(&j, "is not UTF-8");
    else
        whole(&j, d);
    *at = (size_t)(j.p - text);
    return j.wrong;
}

void vms_description_free(described *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->devices[i].name);
    free(d->devices);
    memset(d, 0, sizeof *d);
}
