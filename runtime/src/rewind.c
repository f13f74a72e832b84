/* rewind.c: checkpoints of guest memory: what was written goes into the base, or is put back from it. */
#include <stdlib.h>
#include <string.h>

#include "rewind_tree.h"

/* Takes over what is dirty. */
static void fetch(vms_rewind *r, vms_dirty *dirty)
{
    for (size_t i = 0; dirty && i < r->count; i++) {
        uint64_t here = r->blocks[i].used_length / r->page_size;
        vms_dirty part = {r->due.words + r->first[i] / 64, here < dirty[i].pages ? here : dirty[i].pages};
        vms_dirty log = {dirty[i].words, part.pages};
        vms_dirty_fetch(&log, &part);
    }
}

/* Calls `visit` for every page that is due, and clears its bit if that returns 0. Returns how many were, or -1. */
static int64_t each_due(vms_rewind *r, int (*visit)(vms_rewind *r, uint64_t page, uint8_t *host))
{
    int64_t done = 0;
    for (size_t i = 0; i < r->count; i++) {
        const vms_ram_block *b = &r->blocks[i];
        uint64_t pages = b->used_length / r->page_size, *words = r->due.words + r->first[i] / 64;
        for (uint64_t at = 0; at * 64 < pages; at++)
            for (; words[at]; words[at] &= words[at] - 1, done++) {
                uint64_t page = at * 64 + (uint64_t)__builtin_ctzll(words[at]);
                if (visit(r, r->first[i] + page, b->host + page * r->page_size))
                    return -1;
            }
    }
    return done;
}

/* What is there ------------------------------------------------------------------------------------------------------ */

static int take_base(vms_rewind *r, uint64_t page, uint8_t *host)
{
    r->base[page] = rewind_copy_page(r, host);
    return r->base[page] ? 0 : -1;
}

int vms_rewind_new(const vms_ram *ram, vms_rewind **made)
{
    vms_rewind *r = (vms_rewind *)calloc(1, sizeof *r);
    if (!r)
        return -1;
    r->count = ram->count;
    r->page_size = ram->page_size;
    r->blocks = (vms_ram_block *)calloc(ram->count + 1, sizeof *r->blocks);
    r->first = (uint64_t *)calloc(ram->count + 1, sizeof *r->first);
    for (size_t i = 0; r->blocks && r->first && i < ram->count; i++) {
        r->blocks[i] = ram->blocks[i];
        r->first[i] = r->pages;
        r->pages += (ram->blocks[i].used_length / ram->page_size + 63) / 64 * 64;
    }
    r->root = (vms_checkpoint *)calloc(1, sizeof *r->root);
    if (r->root)
        r->root->dropped = true;
    r->base = r->pages < SIZE_MAX / sizeof *r->base ? (uint8_t **)calloc((size_t)r->pages + 1, sizeof *r->base) : NULL;
    int failed = !r->blocks || !r->first || !r->root || !r->base || vms_dirty_init(&r->due, r->pages);
    for (size_t i = 0; !failed && i < r->count; i++)
        vms_dirty_mark_range(&r->due, r->first[i], r->blocks[i].used_length / r->page_size);
    if (failed || each_due(r, take_base) < 0) {
        vms_rewind_free(r);
        return -1;
    }
    *made = r;
    return 0;
}

void vms_rewind_free(vms_rewind *r)
{
    rewind_free_tree(r);
    for (uint64_t i = 0; r->base && i < r->pages; i++)
        rewind_free_page(r, r->base[i]);
    vms_dirty_clear(&r->due);
    free(r->base);
    free(r->first);
    free(r->blocks);
    free(r);
}

/* A page of the base is renewed; the checkpoint before it, a child of the root, keeps the old one, if it is another. */
static int keep_old(vms_rewind *r, uint64_t page, uint8_t *host)
{
    if (memcmp(host, r->base[page], r->page_size) == 0)
        return 0;
    rewind_delta *delta = &r->root->child->delta;
    uint8_t *new = rewind_delta_reserve(delta, 1) ? NULL : rewind_copy_page(r, host);
    if (!new)
        return -1;
    rewind_delta_at(delta, page)->bytes = r->base[page];
    r->base[page] = new;
    return 0;
}

/* Nobody needs the old one. */
static int replace_old(vms_rewind *r, uint64_t page, uint8_t *host)
{
    if (r->base[page] != rewind_zero_page() && !vms_page_is_zero(host, r->page_size)) {
        memcpy(r->base[page], host, r->page_size);
        return 0;
    }
    uint8_t *new = rewind_copy_page(r, host);
    if (!new)
        return -1;
    rewind_free_page(r, r->base[page]);
    r->base[page] = new;
    return 0;
}

int vms_rewind_checkpoint(vms_rewind *r, vms_dirty *dirty, vms_checkpoint **made)
{
    fetch(r, dirty);
    vms_checkpoint *before = r->root, *c = (vms_checkpoint *)calloc(1, sizeof *c);
    if (!c)
        return -1;
    bool alone = before->dropped && !before->child;
    r->root = c;
    rewind_hang(before, c);
    /* Without memory in the middle of it the base is neither: a root that nobody asked for, the other one's neighbour. */
    c->dropped = each_due(r, alone ? replace_old : keep_old) < 0;
    rewind_tidy(r, before);
    if (c->dropped)
        return -1;
    *made = c;
    return 0;
}

static void prefetch(const uint8_t *from, const uint8_t *to, size_t size)
{
    for (size_t at = 0; at < size; at += 64) {
        __builtin_prefetch(from + at, 0, 2);
        __builtin_prefetch(to + at, 1, 2);
    }
}

/* Pages lie anywhere: each is fetched while the one before it is copied. */
static int put_back(vms_rewind *r, uint64_t page, uint8_t *host)
{
    prefetch(r->base[page], host, r->page_size);
    if (r->fetched)
        memcpy(r->fetched, r->fetched_base, r->page_size);
    r->fetched = host;
    r->fetched_base = r->base[page];
    return 0;
}

static uint64_t put_all_back(vms_rewind *r)
{
    r->fetched = NULL;
    uint64_t done = (uint64_t)each_due(r, put_back);
    if (r->fetched)
        memcpy(r->fetched, r->fetched_base, r->page_size);
    return done;
}

uint64_t vms_rewind_to(vms_rewind *r, vms_checkpoint *c, vms_dirty *dirty)
{
    fetch(r, dirty);
    for (vms_checkpoint *at = c; at->toward; at = at->toward)
        at->toward->way = at;
    while (r->root != c) {
        vms_checkpoint *before = r->root;
        rewind_climb(r, before->way);
        rewind_tidy(r, before);
    }
    return put_all_back(r);
}

void vms_rewind_drop(vms_rewind *r, vms_checkpoint *c)
{
    c->dropped = true;
    rewind_tidy(r, c);
}

/* Is it due? 1 or 0. */
static uint64_t compare(vms_rewind *r, size_t block, uint64_t page)
{
    uint64_t at = r->first[block] + page, bit = (uint64_t)1 << at % 64;
    if (memcmp(r->blocks[block].host + page * r->page_size, r->base[at], r->page_size) != 0) {
        r->due.words[at / 64] |= bit;
        return 1;
    }
    r->due.words[at / 64] &= ~bit;
    return 0;
}

uint64_t vms_rewind_compare(vms_rewind *r)
{
    uint64_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        for (uint64_t page = 0; page < r->blocks[i].used_length / r->page_size; page++)
            count += compare(r, i, page);
    return count;
}

uint64_t vms_rewind_compare_dirty(vms_rewind *r, vms_dirty *dirty)
{
    uint64_t count = 0, page;
    for (size_t i = 0; i < r->count; i++) {
        uint64_t pages = r->blocks[i].used_length / r->page_size, some;
        for (page = 0; (some = vms_dirty_next(&dirty[i], page, &page)) != 0;)
            for (; some; some--, page++)
                if (vms_dirty_take(&dirty[i], page) && page < pages)
                    count += compare(r, i, page);
    }
    return count;
}

uint64_t vms_rewind_pages(const vms_rewind *r)
{
    return r->held;
}
