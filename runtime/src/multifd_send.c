/* multifd_send.c: packets of pages, built and written. */
#include "vms_multifd.h"

#include "multifd.h"
#include "ram_records.h"

int vms_multifd_send_init(vms_writer *w, const uint8_t uuid[16], uint8_t channel)
{
    uint8_t *p = vms_room(w, VMS_MULTIFD_INIT);
    if (!p)
        return -1;
    memset(p, 0, VMS_MULTIFD_INIT);
    vms_put32(p, MULTIFD_MAGIC);
    vms_put32(p + 4, MULTIFD_VERSION);
    memcpy(p + 8, uuid, 16);
    p[24] = channel;
    return 0;
}

/* A zero page's record on the main stream. */
static int put_zero(vms_ram_sender *s, vms_writer *w, size_t block, uint64_t address)
{
    const char *name = s->ram->blocks[block].name;
    size_t length = s->named == block ? 0 : strlen(name);
    uint8_t *p = vms_room(w, length ? 8 + 1 + length + 1 : 9);
    if (!p)
        return -1;
    vms_put64(p, address | RAM_ZERO | (length ? 0u : (unsigned)RAM_CONTINUE));
    p += 8;
    if (length) {
        *p++ = (uint8_t)length;
        memcpy(p, name, length);
        p += length;
    }
    *p = 0;
    s->named = block;
    return 0;
}

/* The dirty pages of s->block from s->page on. */
static int64_t pick(vms_ram_sender *s, vms_writer *main, vms_dirty *d, vms_multifd_packet *packet, uint64_t *zeros)
{
    const vms_ram *ram = s->ram;
    const vms_ram_block *b = &ram->blocks[s->block];
    uint64_t size = ram->page_size, pages = b->used_length / size, first, count, most = vms_multifd_room(ram);
    int64_t taken = 0;
    packet->block = s->block;
    while ((count = vms_dirty_next(d, s->page, &first)) != 0 && first < pages)
        for (uint64_t i = first; i < first + count && i < pages; i++) {
            if (packet->normal_pages + packet->zero_pages == most)
                return taken;
            s->page = i + 1;
            if (!vms_dirty_take(d, i))
                continue;
            taken++;
            if (!vms_page_is_zero(b->host + i * size, size)) {
                packet->offsets[packet->normal_pages++] = i * size;
                s->plain_pages++;
                continue;
            }
            s->zero_pages++;
            if (!main)
                zeros[packet->zero_pages++] = i * size;
            else if (put_zero(s, main, s->block, i * size))
                return -1;
        }
    return taken;
}

int64_t vms_multifd_pick(vms_ram_sender *s, vms_writer *main, vms_dirty *dirty, vms_multifd_packet *packet)
{
    uint64_t zeros[VMS_MULTIFD_PAGES];
    const vms_ram *ram = s->ram;
    int64_t taken = 0;
    packet->normal_pages = packet->zero_pages = packet->payload = packet->flags = 0;
    packet->block = s->block;
    /* One block more than there are: the first one's beginning comes after its end. */
    for (size_t turn = 0; ram->count && turn <= ram->count; turn++) {
        if (!ram->blocks[s->block].ignored && (taken = pick(s, main, &dirty[s->block], packet, zeros)) != 0)
            break;
        s->page = 0;
        s->block = s->block + 1 == ram->count ? 0 : s->block + 1;
    }
    memcpy(packet->offsets + packet->normal_pages, zeros, packet->zero_pages * sizeof zeros[0]);
    return taken;
}

void vms_multifd_gather(const vms_ram *ram, const vms_multifd_packet *packet, uint8_t *out)
{
    const uint8_t *host = packet->normal_pages ? ram->blocks[packet->block].host : NULL;
    for (uint32_t i = 0; i < packet->normal_pages; i++)
        memcpy(out + (size_t)i * ram->page_size, host + packet->offsets[i], ram->page_size);
}

int vms_multifd_send_header(const vms_ram *ram, vms_writer *w, const vms_multifd_packet *packet)
{
    uint32_t room = vms_multifd_room(ram), used = packet->normal_pages + packet->zero_pages;
    size_t size = VMS_MULTIFD_HEADER + (size_t)room * 8;
    if (used > room || (used && packet->block >= ram->count))
        return vms_not_saved(w, VMS_COUNT, "multifd packet", vms_unsigned(used), vms_unsigned(0), vms_unsigned(room));
    uint8_t *p = vms_room(w, size);
    if (!p)
        return -1;
    memset(p, 0, size);
    vms_put32(p, MULTIFD_MAGIC);
    vms_put32(p + 4, MULTIFD_VERSION);
    vms_put32(p + 8, packet->flags);
    vms_put32(p + 12, room);
    vms_put32(p + 16, packet->normal_pages);
    vms_put32(p + 20, packet->normal_pages ? packet->payload : 0);
    vms_put64(p + 24, packet->number);
    vms_put32(p + 32, packet->zero_pages);
    if (used)
        memcpy(p + MULTIFD_NAME, ram->blocks[packet->block].name, strlen(ram->blocks[packet->block].name));
    for (uint32_t i = 0; i < used; i++)
        vms_put64(p + VMS_MULTIFD_HEADER + 8 * i, packet->offsets[i]);
    return 0;
}

int vms_multifd_send_plain(const vms_ram *ram, vms_writer *w, vms_multifd_packet *packet)
{
    packet->payload = packet->normal_pages * ram->page_size;
    if (vms_multifd_send_header(ram, w, packet))
        return -1;
    for (uint32_t i = 0; i < packet->normal_pages; i++) {
        uint8_t *p = vms_room(w, ram->page_size);
        if (!p)
            return -1;
        memcpy(p, ram->blocks[packet->block].host + packet->offsets[i], ram->page_size);
    }
    return 0;
}
