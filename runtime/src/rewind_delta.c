/* rewind_delta.c: pages by number. */
#include "rewind_delta.h"

#include <stdlib.h>

static rewind_entry *place(rewind_entry *entries, size_t room, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (room - 1);
    while (entries[i].key && entries[i].key != key)
        i = (i + 1) & (room - 1);
    return &entries[i];
}

int rewind_delta_reserve(rewind_delta *d, size_t more)
{
    size_t room = d->room ? d->room : 16;
    while (room / 2 < d->used + more) {
        if (room > SIZE_MAX / 4 / sizeof *d->entries)
            return -1;
        room *= 2;
    }
    if (room == d->room)
        return 0;
    rewind_entry *entries = (rewind_entry *)calloc(room, sizeof *entries);
    if (!entries)
        return -1;
    for (size_t i = 0; i < d->room; i++)
        if (d->entries[i].key)
            *place(entries, room, d->entries[i].key) = d->entries[i];
    free(d->entries);
    d->entries = entries;
    d->room = room;
    return 0;
}

rewind_entry *rewind_delta_at(rewind_delta *d, uint64_t page)
{
    rewind_entry *entry = place(d->entries, d->room, page + 1);
    if (!entry->key) {
        entry->key = page + 1;
        d->used++;
    }
    return entry;
}

void rewind_delta_free(rewind_delta *d)
{
    free(d->entries);
    d->entries = NULL;
    d->room = d->used = 0;
}
