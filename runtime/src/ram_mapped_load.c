/* ram_mapped_load.c: files in which pages have places: from a reader that has the whole file in memory, or from one that is read
 * at any place. What is read there is judged where it then lies, for a file may change while it is read. */
#include "vms_mapped.h"

#include <stddef.h>

#include "ram_load.h"

/* What stands between the pages, a piece at a time: no record there is longer than a header and a name. */
typedef struct vms_mapped_window {
    vms_reader reader;
    vms_mapped_source *file;
    uint8_t bytes[4096];
} window;

/* Reads at `offset`: how many bytes there are, up to n. */
static size_t read_some(vms_mapped_source *file, uint8_t *to, size_t n, uint64_t offset)
{
    int64_t got = file->read_at(file->opaque, to, n, offset);
    if (got < 0)
        file->error = (int)got;
    return got < 0 ? 0 : (size_t)got;
}

static int refill(vms_reader *r, size_t need)
{
    window *w = (window *)(void *)((uint8_t *)r - offsetof(window, reader));
    size_t kept = (size_t)(r->end - r->p);
    if (need > sizeof w->bytes)
        return -1;
    memmove(w->bytes, r->p, kept);
    size_t got = read_some(w->file, w->bytes + kept, sizeof w->bytes - kept, r->end_offset);
    r->p = w->bytes;
    r->end = w->bytes + kept + got;
    r->end_offset += got;
    return kept + got < need ? -1 : 0;
}

/* The whole file ------------------------------------------------------------------------------------------------- */

static uint64_t file_size(const vms_ram_loader *l, const vms_reader *r)
{
    return l->window ? l->window->file->size : r->end_offset;
}

/* The byte at an offset that is not behind the end of a file in memory: the reader has everything up to its end. */
static const uint8_t *byte_at(const vms_reader *r, uint64_t offset)
{
    return r->end - (r->end_offset - offset);
}

static void go_to(const vms_ram_loader *l, vms_reader *r, uint64_t offset)
{
    if (!l->window) {
        r->p = byte_at(r, offset);
        return;
    }
    r->p = r->end = l->window->bytes;
    r->end_offset = offset;
}

/* Bytes of a block that lie where the file, as it was, had bytes. */
static int take_at(vms_ram_loader *l, vms_reader *r, size_t block, uint8_t *to, size_t n, uint64_t offset)
{
    if (!l->window) {
        memcpy(to, byte_at(r, offset), n);
        return 0;
    }
    size_t got = read_some(l->window->file, to, n, offset);
    if (got == n)
        return 0;
    vms_refuse(r, VMS_TRUNCATED, l->ram->blocks[block].name, r->p, vms_unsigned(got), vms_unsigned(n), vms_unsigned(n));
    r->error.offset = offset;
    return -1;
}

/* Blocks --------------------------------------------------------------------------------------------------------- */

int ram_load_mapped_header(vms_ram_loader *l, vms_reader *r, uint64_t length, vms_mapped *header)
{
    uint64_t start = ram_offset(r), pages = length / l->ram->page_size;
    if (r->refill && !l->window)
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
    uint64_t here = ram_offset(r), end = file_size(l, r), bitmap = vms_mapped_bitmap_size(pages);
    if (header->bitmap_offset != here)
        return ram_refuse(l, r, start + 12, header->bitmap_offset, here, "a mapped block whose bitmap is not behind its header");
    if (here > end || bitmap > end - here || header->pages_offset < here + bitmap
        || header->pages_offset % l->ram->page_size || header->pages_offset > end || length > end - header->pages_offset)
        return ram_refuse(l, r, start + 20, header->pages_offset, end, "a mapped block whose pages are not in the file");
    go_to(l, r, header->pages_offset + length);
    return 0;
}

static bool is_stored(const uint8_t *bitmap, uint64_t page)
{
    /* Words of 64 bits, least byte first: bytes in order. */
    return bitmap[page / 8] >> (page % 8) & 1;
}

/* `count` pages of a block, which are all stored or all not. They count first: a read that fails may have stored some. */
static int store_run(vms_ram_loader *l, vms_reader *r, size_t block, const vms_mapped *header, bool stored, uint64_t first,
                     uint64_t count)
{
    size_t size = l->ram->page_size;
    uint8_t *to = l->ram->blocks[block].host + first * size;
    if (stored) {
        l->plain_pages += count;
        return take_at(l, r, block, to, (size_t)(count * size), header->pages_offset + first * size);
    }
    l->zero_pages += count;
    for (uint64_t i = 0; i < count; i++)
        if (!vms_page_is_zero(to + i * size, size))
            memset(to + i * size, 0, size);
    return 0;
}

static int store(vms_ram_loader *l, vms_reader *r, size_t block, const vms_mapped *header)
{
    uint8_t bitmap[512];
    const uint64_t most = 8 * sizeof bitmap, pages = header->length / l->ram->page_size;
    for (uint64_t first = 0; first < pages; first += most) {
        uint64_t count = pages - first < most ? pages - first : most, run;
        if (take_at(l, r, block, bitmap, (size_t)((count + 7) / 8), header->bitmap_offset + first / 8))
            return -1;
        for (uint64_t page = 0; page < count; page = run) {
            bool stored = is_stored(bitmap, page);
            for (run = page + 1; run < count && is_stored(bitmap, run) == stored; run++)
                ;
            if (store_run(l, r, block, header, stored, first + page, run - page))
                return -1;
        }
    }
    return 0;
}

/* Has the last word of a block's bitmap pages that the block does not have? */
static int judge_rest(vms_ram_loader *l, vms_reader *r, size_t block, const vms_mapped *header)
{
    uint8_t word[8];
    uint64_t pages = header->length / l->ram->page_size, at = header->bitmap_offset + pages / 64 * 8;
    if (!(pages % 64))
        return 0;
    if (take_at(l, r, block, word, sizeof word, at))
        return -1;
    for (uint64_t page = pages % 64; page < 64; page++)
        if (is_stored(word, page)) {
            l->current = block;
            return ram_refuse(l, r, at + page / 8, pages / 64 * 64 + page, pages - 1,
                              "a bitmap that has a page which the block does not have");
        }
    return 0;
}

int ram_load_mapped_pages(vms_ram_loader *l, vms_reader *r, const vms_mapped *headers)
{
    for (size_t i = 0; i < l->ram->count; i++)
        if (l->lengths[i] && judge_rest(l, r, i, &headers[i]))
            return -1;
    if (l->flags & VMS_RAM_CHECK)
        return 0;
    for (size_t i = 0; i < l->ram->count; i++)
        if (l->lengths[i] && !l->ram->blocks[i].ignored && store(l, r, i, &headers[i]))
            return -1;
    return 0;
}

/* Whole bodies --------------------------------------------------------------------------------------------------- */

static int load(vms_ram_loader *l, vms_reader *r, uint64_t *next, vms_error *error)
{
    int result = vms_ram_load(l, r);
    *next = ram_offset(r);
    if (result)
        *error = r->error;
    return result;
}

int vms_mapped_load(vms_ram_loader *l, const uint8_t *file, size_t size, uint64_t offset, uint64_t *next, vms_error *error)
{
    vms_reader r;
    vms_reader_init(&r, file, size);
    r.p += offset < size ? offset : size;
    return load(l, &r, next, error);
}

int vms_mapped_load_from(vms_ram_loader *l, vms_mapped_source *file, uint64_t offset, uint64_t *next, vms_error *error)
{
    window w;
    vms_reader_init(&w.reader, NULL, 0);
    w.reader.refill = refill;
    w.reader.end_offset = offset;
    w.file = file;
    file->error = 0;
    l->window = &w;
    int result = load(l, &w.reader, next, error);
    l->window = NULL;
    return result;
}
