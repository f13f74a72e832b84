/* ram_mapped.c: files in which pages have places, written. */
#include "vms_mapped.h"

#include "pages.h"
#include "ram_records.h"

/* What stands before a block's header in the list. */
static uint64_t entry_size(const vms_ram *ram, const vms_ram_block *b)
{
    uint64_t size = 1 + strlen(b->name) + 8;
    if (ram->flags & VMS_RAM_PAGE_SIZES && b->page_size && b->page_size != ram->host_page_size)
        size += 8;
    return size + (ram->flags & VMS_RAM_ADDRESSES ? 8 : 0);
}

uint64_t vms_mapped_layout(const vms_ram *ram, uint64_t offset, vms_mapped *blocks)
{
    const uint64_t far = (uint64_t)1 << 62;
    if (offset > far)
        return 0;
    offset += 8;
    for (size_t i = 0; i < ram->count; i++) {
        const vms_ram_block *b = &ram->blocks[i];
        if (b->used_length > far)
            return 0;
        vms_mapped *m = &blocks[i];
        m->length = b->used_length;
        m->page_size = ram->page_size;
        m->bitmap_offset = offset + entry_size(ram, b) + VMS_MAPPED_HEADER;
        m->pages_offset = m->bitmap_offset + vms_mapped_bitmap_size(m->length / ram->page_size);
        m->pages_offset = (m->pages_offset + VMS_MAPPED_ALIGN - 1) & ~(uint64_t)(VMS_MAPPED_ALIGN - 1);
        offset = m->pages_offset + m->length;
        if (offset > far)
            return 0;
    }
    return offset;
}

static int write_entry(const vms_ram *ram, size_t i, const vms_mapped *m, const vms_mapped_file *file)
{
    const vms_ram_block *b = &ram->blocks[i];
    size_t length = strlen(b->name), size = (size_t)entry_size(ram, b) + VMS_MAPPED_HEADER;
    uint8_t entry[1 + 255 + 3 * 8 + VMS_MAPPED_HEADER], *p = entry;
    *p++ = (uint8_t)length;
    memcpy(p, b->name, length);
    p += length;
    vms_put64(p, b->used_length);
    p += 8;
    if (ram->flags & VMS_RAM_PAGE_SIZES && b->page_size && b->page_size != ram->host_page_size) {
        vms_put64(p, b->page_size);
        p += 8;
    }
    if (ram->flags & VMS_RAM_ADDRESSES) {
        vms_put64(p, b->address);
        p += 8;
    }
    vms_put32(p, VMS_MAPPED_VERSION);
    vms_put64(p + 4, m->page_size);
    vms_put64(p + 12, m->bitmap_offset);
    vms_put64(p + 20, m->pages_offset);
    return file->write_at(file->opaque, entry, size, m->bitmap_offset - size) ? -1 : 0;
}

int vms_mapped_write_list(const vms_ram *ram, const vms_mapped *blocks, const vms_mapped_file *file, uint64_t offset)
{
    size_t block;
    uint8_t word[8];
    if (vms_ram_wrong(ram, &block))
        return -1;
    vms_put64(word, vms_ram_total(ram) | RAM_MEM_SIZE);
    if (file->write_at(file->opaque, word, sizeof word, offset))
        return -1;
    for (size_t i = 0; i < ram->count; i++)
        if (write_entry(ram, i, &blocks[i], file))
            return -1;
    return 0;
}

int vms_mapped_write_pages(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file,
                           uint64_t first, uint64_t count, vms_dirty *stored)
{
    size_t size = ram->page_size, most = VMS_RAM_ROOM / size;
    const uint8_t *host = ram->blocks[block].host;
    uint64_t pages = at->length / size, end = first + count;
    if (block >= ram->count || first > pages || count > pages - first)
        return -1;
    for (uint64_t page = first; page < end;) {
        uint64_t run = page;
        while (run < end && run - page < most && !vms_page_is_zero(host + run * size, size))
            vms_dirty_mark(stored, run++);
        if (run > page
            && file->write_at(file->opaque, host + page * size, (size_t)(run - page) * size, at->pages_offset + page * size))
            return -1;
        if (run < end && run - page < most)
            vms_dirty_take(stored, run++);
        page = run;
    }
    return 0;
}

int64_t vms_mapped_write_dirty(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file,
                               vms_dirty *dirty, uint64_t most, vms_dirty *stored)
{
    uint64_t done = 0, first, count;
    for (uint64_t page = 0; done < most && (count = vms_dirty_next(dirty, page, &first)) != 0; page = first + count) {
        if (count > most - done)
            count = most - done;
        /* Before they are looked at: what the guest writes from here on marks them again. */
        for (uint64_t i = first; i < first + count; i++)
            vms_dirty_take(dirty, i);
        if (vms_mapped_write_pages(ram, block, at, file, first, count, stored))
            return -1;
        done += count;
    }
    return (int64_t)done;
}

int vms_mapped_write_bitmap(const vms_mapped *at, const vms_mapped_file *file, const vms_dirty *stored)
{
    uint8_t piece[4096];
    uint64_t size = vms_mapped_bitmap_size(at->length / at->page_size);
    for (uint64_t done = 0; done < size;) {
        size_t n = size - done < sizeof piece ? (size_t)(size - done) : sizeof piece;
        for (size_t i = 0; i < n; i++)
            piece[i] = (uint8_t)(stored->words[(done + i) / 8] >> ((done + i) % 8 * 8));
        if (file->write_at(file->opaque, piece, n, at->bitmap_offset + done))
            return -1;
        done += n;
    }
    return 0;
}
