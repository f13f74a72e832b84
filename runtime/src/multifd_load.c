/* multifd_load.c: packets of pages, read and judged. */
#include "vms_multifd.h"

#include <stdio.h>

#include "multifd.h"
#include "ram_load.h"

static int refuse(vms_reader *r, uint64_t offset, uint64_t found, uint64_t high, const char *why)
{
    vms_refuse(r, VMS_FRAMING, "multifd", r->p, vms_unsigned(found), vms_unsigned(0), vms_unsigned(high));
    r->error.offset = offset;
    snprintf(r->error.text, sizeof r->error.text, "%s", why);
    return -1;
}

/* Magic and version, which everything begins with. */
static int judge_start(vms_reader *r, uint64_t start, const uint8_t *p)
{
    if (vms_get32(p) != MULTIFD_MAGIC)
        return refuse(r, start, vms_get32(p), MULTIFD_MAGIC, "no multifd packet begins like this");
    if (vms_get32(p + 4) != MULTIFD_VERSION)
        return refuse(r, start + 4, vms_get32(p + 4), MULTIFD_VERSION, "a multifd packet of an unknown version");
    return 0;
}

int vms_multifd_load_init(vms_reader *r, const uint8_t uuid[16], unsigned channels, uint8_t *channel)
{
    uint64_t start = ram_offset(r);
    const uint8_t *p = vms_take(r, VMS_MULTIFD_INIT, "magic:4 version:4 uuid:16 channel:1 zero:39");
    if (!p)
        return vms_within(&r->error, "multifd");
    if (judge_start(r, start, p))
        return -1;
    if (memcmp(p + 8, uuid, 16) != 0)
        return refuse(r, start + 8, 0, 0, "a channel of another machine: its uuid differs");
    if (p[24] >= channels)
        return refuse(r, start + 24, p[24], channels ? channels - 1 : 0, "a channel with a number beyond those agreed on");
    *channel = p[24];
    return 0;
}

/* The block of a packet that has pages; false, with the error set, if there is none. */
static bool find_block(const vms_ram_loader *l, vms_reader *r, uint64_t start, const uint8_t *name, size_t *block)
{
    const vms_ram *ram = l->ram;
    size_t length = 0;
    while (length < MULTIFD_NAME_ROOM && name[length])
        length++;
    for (size_t i = 0; i < ram->count; i++)
        if (l->lengths[i] && !ram->blocks[i].ignored && strlen(ram->blocks[i].name) == length
            && memcmp(ram->blocks[i].name, name, length) == 0) {
            *block = i;
            return true;
        }
    char why[150];
    snprintf(why, sizeof why, "pages of the block '%.*s', which was not listed", (int)(length < 100 ? length : 100),
             (const char *)name);
    refuse(r, start + MULTIFD_NAME, 0, 0, why);
    return false;
}

static int judge_counts(const vms_ram *ram, vms_reader *r, uint64_t start, const vms_multifd_channel *channel,
                        const vms_multifd_packet *k, uint32_t allocated)
{
    uint32_t room = vms_multifd_room(ram), bits = k->flags & VMS_MULTIFD_COMPRESSION;
    if (k->flags & ~(uint32_t)(VMS_MULTIFD_SYNC | VMS_MULTIFD_COMPRESSION))
        return refuse(r, start + 8, k->flags, 0, "a multifd packet with unknown flags");
    /* A packet without pages may leave the compression out. */
    if (bits != channel->compression && (bits || k->normal_pages))
        return refuse(r, start + 8, k->flags, channel->compression, "a multifd packet of another compression");
    if (allocated > room)
        return refuse(r, start + 12, allocated, room, "a multifd packet with room for more pages than were agreed on");
    if (k->normal_pages > allocated)
        return refuse(r, start + 16, k->normal_pages, allocated, "more pages than the packet has room for");
    if (k->zero_pages > (channel->zero_pages ? allocated - k->normal_pages : 0))
        return refuse(r, start + 32, k->zero_pages, channel->zero_pages ? allocated - k->normal_pages : 0,
                      "more zero pages than the packet has room for, or than are sent this way");
    uint32_t plain = k->normal_pages * ram->page_size;
    if (k->normal_pages && (channel->compression ? k->payload == 0 || k->payload > VMS_MULTIFD_PAYLOAD : k->payload != plain))
        return refuse(r, start + 20, k->payload, channel->compression ? (uint64_t)VMS_MULTIFD_PAYLOAD : plain,
                      "a payload of a length that the pages do not have");
    return 0;
}

int vms_multifd_load_header(const vms_ram_loader *l, vms_reader *r, const vms_multifd_channel *channel, vms_multifd_packet *k)
{
    uint64_t start = ram_offset(r), size = l->ram->page_size;
    const uint8_t *p = vms_take(r, VMS_MULTIFD_HEADER + (size_t)vms_multifd_room(l->ram) * 8, "header:320 offsets:8");
    if (!p)
        return vms_within(&r->error, "multifd");
    if (judge_start(r, start, p))
        return -1;
    k->flags = vms_get32(p + 8);
    k->normal_pages = vms_get32(p + 16);
    k->payload = vms_get32(p + 20);
    k->number = vms_get64(p + 24);
    k->zero_pages = vms_get32(p + 32);
    k->block = SIZE_MAX;
    if (judge_counts(l->ram, r, start, channel, k, vms_get32(p + 12)))
        return -1;
    uint32_t used = k->normal_pages + k->zero_pages;
    /* Without pages the name and the offsets are left over from earlier packets. */
    if (used && !find_block(l, r, start, p + MULTIFD_NAME, &k->block))
        return -1;
    for (uint32_t i = 0; i < used; i++) {
        k->offsets[i] = vms_get64(p + VMS_MULTIFD_HEADER + 8 * i);
        if (k->offsets[i] % size || k->offsets[i] >= l->lengths[k->block])
            return refuse(r, start + VMS_MULTIFD_HEADER + 8 * i, k->offsets[i], l->lengths[k->block] - size,
                          "a page that is not in its block");
    }
    return 0;
}

int vms_multifd_load_plain(const vms_ram_loader *l, vms_reader *r, const vms_multifd_packet *k)
{
    size_t size = l->ram->page_size;
    uint8_t *host = k->block == SIZE_MAX ? NULL : l->ram->blocks[k->block].host;
    for (uint32_t i = 0; i < k->normal_pages; i++) {
        const uint8_t *p = vms_take(r, size, "page:1");
        if (!p)
            return vms_within(&r->error, l->ram->blocks[k->block].name);
        if (!(l->flags & VMS_RAM_CHECK))
            memcpy(host + k->offsets[i], p, size);
    }
    vms_multifd_zero(l, k);
    return 0;
}

void vms_multifd_scatter(const vms_ram_loader *l, const vms_multifd_packet *k, const uint8_t *pages)
{
    size_t size = l->ram->page_size;
    if (l->flags & VMS_RAM_CHECK)
        return;
    for (uint32_t i = 0; i < k->normal_pages; i++)
        memcpy(l->ram->blocks[k->block].host + k->offsets[i], pages + i * size, size);
}

void vms_multifd_zero(const vms_ram_loader *l, const vms_multifd_packet *k)
{
    size_t size = l->ram->page_size;
    if (l->flags & VMS_RAM_CHECK)
        return;
    for (uint32_t i = k->normal_pages; i < k->normal_pages + k->zero_pages; i++) {
        uint8_t *page = l->ram->blocks[k->block].host + k->offsets[i];
        if (!vms_page_is_zero(page, size))
            memset(page, 0, size);
    }
}
