/* ram_dirty.c: the pages that were written since they were last sent: zero, plain, or as what changed in them. */
#include "vms_ram.h"

#include "pages.h"
#include "ram_records.h"

typedef struct page_at {
    size_t block;
    uint64_t address, number;   /* in the block; of the page among those of all blocks */
    const uint8_t *bytes;
} page_at;

/* The word, and the block's name where it is not the last one's. Room for both, and for `more` bytes, must be there. */
static void put_address(vms_ram_sender *s, vms_writer *w, size_t block, uint64_t word)
{
    if (s->named == block) {
        vms_put64(w->p, word | RAM_CONTINUE);
        w->p += 8;
        return;
    }
    const char *name = s->ram->blocks[block].name;
    size_t length = strlen(name);
    vms_put64(w->p, word);
    w->p[8] = (uint8_t)length;
    memcpy(w->p + 9, name, length);
    w->p += 9 + length;
    s->named = block;
}

static void put_plain(vms_ram_sender *s, vms_writer *w, const page_at *at, const uint8_t *bytes)
{
    put_address(s, w, at->block, at->address | RAM_PAGE);
    vms_fetch_next(at->bytes, s->ram->page_size);
    memcpy(w->p, bytes, s->ram->page_size);
    w->p += s->ram->page_size;
    s->plain_pages++;
}

static int lend_plain(vms_ram_sender *s, vms_writer *w, const page_at *at)
{
    put_address(s, w, at->block, at->address | RAM_PAGE);
    s->plain_pages++;
    return s->lend(w, at->bytes, s->ram->page_size) ? -1 : 0;
}

/* What goes into the cache is what was sent, not what the guest may have made of it meanwhile. */
static void put_changed(vms_ram_sender *s, vms_writer *w, const page_at *at)
{
    vms_xbzrle *x = s->xbzrle;
    size_t size = s->ram->page_size;
    uint8_t *cached = vms_xbzrle_find(x, at->number);
    if (!cached) {
        s->misses++;
        uint8_t *slot = s->last ? NULL : vms_xbzrle_insert(x, at->number);
        if (slot)
            memcpy(slot, at->bytes, size);
        put_plain(s, w, at, slot ? slot : at->bytes);
        return;
    }
    memcpy(x->current, at->bytes, size);
    /* The record's head is written last, since a page that did not change has none. */
    uint8_t *start = w->p;
    size_t named = s->named, most = size < 65535 ? size : 65535;
    put_address(s, w, at->block, at->address | RAM_XBZRLE);
    int n = vms_xbzrle_encode(cached, x->current, size, w->p + 3, most);
    if (n > 0) {
        w->p[0] = 1;
        vms_put16(w->p + 1, (uint16_t)n);
        w->p += 3 + n;
        s->xbzrle_pages++;
        s->xbzrle_bytes += (uint64_t)n;
        memcpy(cached, x->current, size);
        return;
    }
    w->p = start;
    s->named = named;
    if (n == 0) {
        s->unchanged_pages++;
        return;
    }
    s->overflows++;
    memcpy(cached, x->current, size);
    put_plain(s, w, at, cached);
}

static int put_page(vms_ram_sender *s, vms_writer *w, const page_at *at)
{
    size_t size = s->ram->page_size;
    uint8_t *room = vms_room(w, 8 + 256 + 3 + size);
    if (!room)
        return -1;
    w->p = room;
    if (vms_page_is_zero(at->bytes, size)) {
        put_address(s, w, at->block, at->address | RAM_ZERO);
        *w->p++ = 0;
        s->zero_pages++;
        uint8_t *cached = s->xbzrle ? vms_xbzrle_find(s->xbzrle, at->number) : NULL;
        if (cached)
            memset(cached, 0, size);
    } else if (s->xbzrle && s->repeating) {
        put_changed(s, w, at);
    } else if (s->lend) {
        return lend_plain(s, w, at);
    } else {
        put_plain(s, w, at, at->bytes);
    }
    return 0;
}

static uint64_t pages_before(const vms_ram *ram, size_t block)
{
    uint64_t pages = 0;
    for (size_t i = 0; i < block; i++)
        pages += ram->blocks[i].used_length / ram->page_size;
    return pages;
}

/* The dirty pages of s->block from s->page on, at most `most`. Returns how many, or -1. */
static int64_t send_block(vms_ram_sender *s, vms_writer *w, vms_dirty *d, uint64_t most)
{
    const vms_ram *ram = s->ram;
    const vms_ram_block *b = &ram->blocks[s->block];
    uint64_t pages = b->used_length / ram->page_size, base = pages_before(ram, s->block), done = 0, first, count;
    while (done < most && (count = vms_dirty_next(d, s->page, &first)) != 0 && first < pages) {
        for (uint64_t i = first; i < first + count && i < pages && done < most; i++) {
            s->page = i + 1;
            if (!vms_dirty_take(d, i))
                continue;
            page_at at = {s->block, i * ram->page_size, base + i, b->host + i * ram->page_size};
            if (put_page(s, w, &at))
                return -1;
            done++;
        }
    }
    return (int64_t)done;
}

int64_t vms_ram_send_dirty(vms_ram_sender *s, vms_writer *w, vms_dirty *dirty, uint64_t most)
{
    const vms_ram *ram = s->ram;
    uint64_t done = 0;
    /* One block more than there are: the first one's beginning comes after its end. */
    for (size_t without = 0; ram->count && done < most && without <= ram->count;) {
        int64_t now = 0;
        if (!ram->blocks[s->block].ignored && (now = send_block(s, w, &dirty[s->block], most - done)) < 0)
            return -1;
        done += (uint64_t)now;
        without = now ? 0 : without + 1;
        if (done < most) {
            s->page = 0;
            s->block = s->block + 1 == ram->count ? 0 : s->block + 1;
        }
    }
    if (done < most)
        s->block = 0, s->page = 0;
    return s->lend && s->lend(w, NULL, 0) ? -1 : (int64_t)done;
}
