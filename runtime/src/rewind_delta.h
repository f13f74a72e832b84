/* rewind_delta.h: pages by number: an open table that is only added to, and emptied as a whole. */
#ifndef VMS_REWIND_DELTA_H
#define VMS_REWIND_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rewind_entry {
    uint64_t key;               /* page + 1; 0: free */
    uint8_t *bytes;
} rewind_entry;

typedef struct rewind_delta {
    rewind_entry *entries;      /* `room` of them, a power of two; NULL if there are none */
    size_t room, used;
} rewind_delta;

/* Makes sure that `more` pages can be added; non-zero without memory. */
int rewind_delta_reserve(rewind_delta *d, size_t more);
/* The page's entry, a new one with bytes NULL if it had none. There must be room. */
rewind_entry *rewind_delta_at(rewind_delta *d, uint64_t page);
void rewind_delta_free(rewind_delta *d);        /* not the bytes */

#endif
