/* ram_mapped_load.c: files in which pages have places, from a reader that has the whole file. */
#include "vms_mapped.h"

#include <stdio.h>

#include "ram_load.h"

/* The byte at an offset of the stream that is not behind it; the reader has everything up to its end. */
static const uint8_t *byte_at(const vms_reader *r, uint64_t offset)
{
    return r->end - (r->end_offset - offset);
}

int ram_load_mapped_header(vms_ram_loader *l, vms_reader *r, uint64_t length, vms_mapped *header)
{
    uint64_t start = ram_offset(r), pages = length / l->ram->page_size;
    if (r->refill)
        return ram_refuse(l, r, start, 0, 0, "a mapped file, from a stream that cannot be read at any place");
    const uint8_t *p = vms_take(r, VMS_MAPPED_HEADER, "version:4 page_size:8 bitmap_offset:8 pages_offset:8");
    if (!p)
        return -1;
    header->length = length;
    header->page_size = vms_get64(p + 4);
    header->bitmap_offset = vms_get64(p + 12);
    header->pages_offset = vms_get64(p + 20);
    if (vms_get32(p) != VMS_MAPPED_VERSION)
        return ram_refuse(l, r, start, vms_get32(p), VMS_MAPPED_VERSION, "a mapped block of an unknown version");
    if (header->page_size != l->ram->page_size)
        return ram_refuse(l, r, start + 4, header->page_size, l->ram->page_size, "a mapped block with other pages");
    uint64_t here = ram_offset(r), left = r->end_offset - here, bitmap = vms_mapped_bitmap_size(pages);
    if (header->bitmap_offset != here)
        return ram_refuse(l, r, start + 12, header->bitmap_offset, here, "a mapped block whose bitmap is not behind its header");
    if (bitmap > left || header->pages_offset < here + bitmap || header->pages_offset % l->ram->page_size
        || header->pages_offset > r->end_offset || length > r->end_offset - header->pages_offset)
        return ram_refuse(l, r, start + 20, header->pages_offset, r->end_offset, "a mapped block whose pages are not in the file");
    r->p = byte_at(r, header->pages_offset + length);
    return 0;
}

static bool is_stored(const uint8_t *bitmap, uint64_t page)
{
    /* Words of 64 bits, least byte first: bytes in order. */
    return bitmap[page / 8] >> (page % 8) & 1;
}

static void store(vms_ram_loader *l, const vms_reader *r, size_t block, const vms_mapped *header)
{
    size_t size = l->ram->page_size;
    const uint8_t *bitmap = byte_at(r, header->bitmap_offset), *from = byte_at(r, header->pages_offset);
    uint8_t *host = l->ram->blocks[block].host;
    for (uint64_t page = 0; page < header->length / size; page++) {
        if (is_stored(bitmap, page)) {
            memcpy(host + page * size, from + page * size, size);
            l->plain_pages++;
        } else {
            if (!vms_page_is_zero(host + page * size, size))
                memset(host + page * size, 0, size);
            l->zero_pages++;
        }
    }
}

int ram_load_mapped_pages(vms_ram_loader *l, vms_reader *r, const vms_mapped *headers)
{
    for (size_t i = 0; i < l->ram->count; i++) {
        if (!l->lengths[i])
            continue;
        uint64_t pages = headers[i].length / l->ram->page_size;
        const uint8_t *bitmap = byte_at(r, headers[i].bitmap_offset);
        for (uint64_t page = pages; page < (pages + 63) / 64 * 64; page++)
            if (is_stored(bitmap, page)) {
                l->current = i;
                return ram_refuse(l, r, headers[i].bitmap_offset + page / 8, page, pages - 1,
                                  "a bitmap that has a page which the block does not have");
            }
    }
    if (!(l->flags & VMS_RAM_CHECK))
        for (size_t i = 0; i < l->ram->count; i++)
            if (l->lengths[i] && !l->ram->blocks[i].ignored)
                store(l, r, i, &headers[i]);
    return 0;
}

int vms_mapped_load(vms_ram_loader *l, const uint8_t *file, size_t size, uint64_t offset, uint64_t *next, vms_error *error)
{
    vms_reader r;
    vms_reader_init(&r, file, size);
    r.p += offset < size ? offset : size;
    int result = vms_ram_load(l, &r);
    *next = ram_offset(&r);
    if (result)
        *error = r.error;
    return result;
}
