/* ram_send.c: blocks, zero pages and plain pages to a writer. */
#include "vms_ram.h"

#include "pages.h"
#include "ram_records.h"

void vms_ram_sender_init(vms_ram_sender *s, const vms_ram *ram)
{
    memset(s, 0, sizeof *s);
    s->ram = ram;
    s->named = SIZE_MAX;
}

static int put_word(vms_writer *w, uint64_t word)
{
    uint8_t *p = vms_room(w, 8);
    if (!p)
        return -1;
    vms_put64(p, word);
    return 0;
}

int vms_ram_send_end(vms_writer *w) { return put_word(w, RAM_EOS); }

int vms_ram_send_flush(vms_writer *w) { return put_word(w, RAM_FLUSH); }

static bool lists_page_size(const vms_ram *ram, const vms_ram_block *b)
{
    return ram->flags & VMS_RAM_PAGE_SIZES && b->page_size && b->page_size != ram->host_page_size;
}

int vms_ram_send_blocks(vms_ram_sender *s, vms_writer *w)
{
    const vms_ram *ram = s->ram;
    size_t block;
    const char *wrong = vms_ram_wrong(ram, &block);
    if (!wrong && ram->flags & VMS_RAM_MAPPED)
        wrong = "the list of a mapped file is written by its own function";
    if (wrong)
        return vms_not_saved_text(w, VMS_FRAMING, block < ram->count && ram->blocks[block].name ? ram->blocks[block].name : "",
                                  wrong);
    if (put_word(w, vms_ram_total(ram) | RAM_MEM_SIZE))
        return -1;
    for (size_t i = 0; i < ram->count; i++) {
        const vms_ram_block *b = &ram->blocks[i];
        size_t length = strlen(b->name);
        uint8_t *p = vms_room(w, 1 + length);
        if (!p)
            return -1;
        *p = (uint8_t)length;
        memcpy(p + 1, b->name, length);
        if (put_word(w, b->used_length) || (lists_page_size(ram, b) && put_word(w, b->page_size))
            || (ram->flags & VMS_RAM_ADDRESSES && put_word(w, b->address)))
            return -1;
    }
    return 0;
}

/* Makes room for the largest record of a page: with a name, and with all bytes. */
static inline bool no_room(vms_writer *w, size_t need)
{
    if (VMS_UNLIKELY((size_t)(w->end - w->p) < need)) {
        if (!vms_room_slow(w, need))
            return true;
        w->p -= need;
    }
    return false;
}

/* The start of a page's record: the word, and the block's name where it is not the last one's. */
static inline uint8_t *put_address(vms_ram_sender *s, uint8_t *p, size_t block, uint64_t word)
{
    if (VMS_UNLIKELY(s->named != block)) {
        const char *name = s->ram->blocks[block].name;
        size_t length = strlen(name);
        vms_put64(p, word);
        p[8] = (uint8_t)length;
        memcpy(p + 9, name, length);
        s->named = block;
        return p + 9 + length;
    }
    vms_put64(p, word | RAM_CONTINUE);
    return p + 8;
}

/* A page whose bytes may change while they are read: it is zero or plain by what the test saw first. That is good enough,
 * since whoever changes it marks it, and it will come again. */
static inline int put_page(vms_ram_sender *s, vms_writer *w, size_t block, uint64_t address, const uint8_t *page,
                           size_t size, bool zero)
{
    if (no_room(w, 8 + 256 + (s->lend ? 1 : size)))
        return -1;
    if (zero) {
        uint8_t *p = put_address(s, w->p, block, address | RAM_ZERO);
        *p = 0;
        w->p = p + 1;
        s->zero_pages++;
    } else if (s->lend) {
        w->p = put_address(s, w->p, block, address | RAM_PAGE);
        vms_fetch_next(page + 3 * size, size);
        s->plain_pages++;
        return s->lend(w, page, size) ? -1 : 0;
    } else {
        uint8_t *p = put_address(s, w->p, block, address | RAM_PAGE);
        vms_fetch_next(page, size);
        memcpy(p, page, size);
        w->p = p + size;
        s->plain_pages++;
    }
    return 0;
}

typedef struct range {
    size_t block;
    uint64_t first, end;        /* bytes */
} range;

static int put_range_plain(vms_ram_sender *s, vms_writer *w, range at)
{
    size_t size = s->ram->page_size;
    const uint8_t *host = s->ram->blocks[at.block].host;
    for (uint64_t a = at.first; a < at.end; a += size)
        if (put_page(s, w, at.block, a, host + a, size, vms_zero_plain(host + a, size)))
            return -1;
    return 0;
}

#if VMS_AVX2
VMS_WIDE static int put_range_wide(vms_ram_sender *s, vms_writer *w, range at)
{
    size_t size = s->ram->page_size;
    const uint8_t *host = s->ram->blocks[at.block].host;
    for (uint64_t a = at.first; a < at.end; a += size)
        if (put_page(s, w, at.block, a, host + a, size, vms_zero_wide(host + a, size)))
            return -1;
    return 0;
}
#endif

int vms_ram_send_pages(vms_ram_sender *s, vms_writer *w, size_t block, uint64_t first, uint64_t count)
{
    if (block >= s->ram->count)
        return vms_not_saved(w, VMS_RANGE, "block", vms_unsigned(block), vms_unsigned(0), vms_unsigned(s->ram->count));
    const vms_ram_block *b = &s->ram->blocks[block];
    uint64_t size = s->ram->page_size, pages = b->used_length / size;
    if (b->ignored)
        return vms_not_saved_text(w, VMS_FRAMING, b->name, "pages of an ignored block are not sent");
    if (first > pages || count > pages - first)
        return vms_not_saved(w, VMS_RANGE, b->name, vms_unsigned(first + count), vms_unsigned(0), vms_unsigned(pages));
    range at = {block, first * size, (first + count) * size};
    int result;
#if VMS_AVX2
    if (vms_has_avx2())
        result = put_range_wide(s, w, at);
    else
#endif
        result = put_range_plain(s, w, at);
    return result || (s->lend && s->lend(w, NULL, 0)) ? -1 : 0;
}
