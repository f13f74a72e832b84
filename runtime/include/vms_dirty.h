/* vms_dirty.h: which pages of a block were written: a bitmap that any thread may mark, and three ways to learn it. */
#ifndef VMS_DIRTY_H
#define VMS_DIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bit i % 64 of word i / 64 is page i. Bits from `pages` on are never set. */
typedef struct vms_dirty {
    uint64_t *words;
    uint64_t pages;
} vms_dirty;

int vms_dirty_init(vms_dirty *d, uint64_t pages);       /* none is set; 0, or -1 without memory */
void vms_dirty_clear(vms_dirty *d);                     /* frees it */

/* Marks a page, after it was written. Always an atomic operation, although most pages are marked already: it also
 * makes the write visible before the bit is looked at. A plain look at the bit first could see it as it was before somebody took
 * it and read the page without the write, and the write would be lost. */
static inline void vms_dirty_mark(vms_dirty *d, uint64_t page)
{
    __atomic_fetch_or(&d->words[page >> 6], (uint64_t)1 << (page & 63), __ATOMIC_SEQ_CST);
}

static inline bool vms_dirty_test(const vms_dirty *d, uint64_t page)
{
    return __atomic_load_n(&d->words[page >> 6], __ATOMIC_RELAXED) >> (page & 63) & 1;
}

/* Clears a page's bit and says whether it was set. What was written before it was marked is seen after this. */
static inline bool vms_dirty_take(vms_dirty *d, uint64_t page)
{
    uint64_t bit = (uint64_t)1 << (page & 63);
    return (__atomic_fetch_and(&d->words[page >> 6], ~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

/* `count` pages from `first` on; the part of them that the bitmap has. */
void vms_dirty_mark_range(vms_dirty *d, uint64_t first, uint64_t count);
/* The next set pages from `from` on that follow each other: *first and how many (0: none are left). */
uint64_t vms_dirty_next(const vms_dirty *d, uint64_t from, uint64_t *first);
/* Of the 64 pages of a word: takes all that are set in `mask`, and says which were. */
uint64_t vms_dirty_take_word(vms_dirty *d, uint64_t word, uint64_t mask);
uint64_t vms_dirty_count(const vms_dirty *d);
/* Fetches all bits of `log` and clears them there; sets them in `into`, which has as many pages, or less: then the bits of
 * the others are forgotten. Nobody else uses `into`. Returns how many were not set there before. */
uint64_t vms_dirty_fetch(vms_dirty *log, vms_dirty *into);

/* Pages whose bytes differ from their copy in `shadow` are marked, and copied there. Returns how many. */
uint64_t vms_dirty_compare(vms_dirty *d, const uint8_t *memory, uint8_t *shadow, size_t page_size);

/* Linux: writes are found by the kernel. Each has a probe that writes to a page and sees whether that is reported:
 * kernels without them accept much of it in silence. Results: 0 or a count, or -errno (-ENOSYS elsewhere).
 *
 * They are about the memory of the process that started them. In one that was forked from it they are lost: a collection
 * says -ESTALE, and nothing is known of what was written there. Stopping it there leaves the other process's alone. */

/* userfaultfd with asynchronous write protection, read by PAGEMAP_SCAN (about 6.7). */
typedef struct vms_userfault {
    int fd, pagemap, process;
    uint8_t *host;
    uint64_t length;
} vms_userfault;

int vms_userfault_probe(void);          /* 1: it works, 0: it does not */
/* `host` and `length` must be whole pages of the host. */
int vms_userfault_start(vms_userfault *u, uint8_t *host, uint64_t length);
/* Marks what was written since the start or the last collection. */
int vms_userfault_collect(vms_userfault *u, vms_dirty *d, size_t page_size);
bool vms_userfault_lost(const vms_userfault *u);        /* was it started by another process? */
void vms_userfault_stop(vms_userfault *u);

/* Soft-dirty bits: cleared for the whole process at once, so only one tracker of them can be right. */
typedef struct vms_softdirty {
    int pagemap, clear_refs, process;
} vms_softdirty;

int vms_softdirty_probe(void);
int vms_softdirty_start(vms_softdirty *s);
int vms_softdirty_restart(vms_softdirty *s);    /* clears all bits: after every block has been collected, with no write between */
int vms_softdirty_collect(const vms_softdirty *s, const uint8_t *host, uint64_t length, vms_dirty *d, size_t page_size);
bool vms_softdirty_lost(const vms_softdirty *s);
void vms_softdirty_stop(vms_softdirty *s);

#ifdef __cplusplus
}
#endif
#endif
