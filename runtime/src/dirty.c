/* dirty.c: bitmaps of written pages. */
#include "vms_dirty.h"

#include <stdlib.h>
#include <string.h>

int vms_dirty_init(vms_dirty *d, uint64_t pages)
{
    d->pages = pages;
    d->words = pages < SIZE_MAX / 2 ? (uint64_t *)calloc((size_t)(pages / 64) + 1, sizeof *d->words) : NULL;
    return d->words ? 0 : -1;
}

void vms_dirty_clear(vms_dirty *d)
{
    free(d->words);
    d->words = NULL;
    d->pages = 0;
}

static inline uint64_t word_of(const vms_dirty *d, uint64_t index)
{
    return __atomic_load_n(&d->words[index], __ATOMIC_RELAXED);
}

void vms_dirty_mark_range(vms_dirty *d, uint64_t first, uint64_t count)
{
    if (first >= d->pages)
        return;
    if (count > d->pages - first)
        count = d->pages - first;
    while (count) {
        uint64_t bit = first & 63, some = 64 - bit < count ? 64 - bit : count;
        uint64_t mask = (some == 64 ? ~(uint64_t)0 : ((uint64_t)1 << some) - 1) << bit;
        __atomic_fetch_or(&d->words[first >> 6], mask, __ATOMIC_SEQ_CST);
        first += some;
        count -= some;
    }
}

/* The first page from `from` on whose bit is `set`, d->pages if there is none. */
static uint64_t find(const vms_dirty *d, uint64_t from, bool set)
{
    if (from >= d->pages)
        return d->pages;
    uint64_t flip = set ? 0 : ~(uint64_t)0, index = from >> 6, last = (d->pages - 1) >> 6;
    uint64_t word = (word_of(d, index) ^ flip) & (~(uint64_t)0 << (from & 63));
    while (!word && index < last)
        word = word_of(d, ++index) ^ flip;
    uint64_t page = word ? index * 64 + (uint64_t)__builtin_ctzll(word) : d->pages;
    return page < d->pages ? page : d->pages;
}

uint64_t vms_dirty_next(const vms_dirty *d, uint64_t from, uint64_t *first)
{
    *first = find(d, from, true);
    return *first < d->pages ? find(d, *first, false) - *first : 0;
}

uint64_t vms_dirty_take_word(vms_dirty *d, uint64_t word, uint64_t mask)
{
    return word_of(d, word) & mask ? __atomic_fetch_and(&d->words[word], ~mask, __ATOMIC_SEQ_CST) & mask : 0;
}

uint64_t vms_dirty_count(const vms_dirty *d)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i * 64 < d->pages; i++)
        count += (uint64_t)__builtin_popcountll(word_of(d, i));
    return count;
}

uint64_t vms_dirty_fetch(vms_dirty *log, vms_dirty *into)
{
    uint64_t count = 0, last = into->pages / 64, tail = ((uint64_t)1 << (into->pages & 63)) - 1;
    for (uint64_t i = 0; i * 64 < log->pages; i++) {
        if (!word_of(log, i))
            continue;
        uint64_t word = __atomic_exchange_n(&log->words[i], 0, __ATOMIC_SEQ_CST);
        if (i > last)
            continue;
        if (i == last)
            word &= tail;
        count += (uint64_t)__builtin_popcountll(word & ~into->words[i]);
        into->words[i] |= word;
    }
    return count;
}

uint64_t vms_dirty_compare(vms_dirty *d, const uint8_t *memory, uint8_t *shadow, size_t page_size)
{
    uint64_t count = 0;
    for (uint64_t page = 0; page < d->pages; page++) {
        const uint8_t *from = memory + page * page_size;
        uint8_t *to = shadow + page * page_size;
        if (memcmp(to, from, page_size) == 0)
            continue;
        /* The copy may be a mixture, if somebody writes now; then the page differs from it the next time too. */
        memcpy(to, from, page_size);
        vms_dirty_mark(d, page);
        count++;
    }
    return count;
}
