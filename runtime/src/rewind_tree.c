/* rewind_tree.c: checkpoints as a tree of differences, and the pages that they hold.
 *
 * Going back to another checkpoint makes that one the root: along the way to it every page of a difference changes places
 * with the base's. Nothing is copied there but pointers, and nothing is allocated. */
#include "rewind_tree.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t zeros[VMS_RAM_PAGE_MAX];

/* Pages ---------------------------------------------------------------------------------------------------------- */

uint8_t *rewind_zero_page(void)
{
    return (uint8_t *)(uintptr_t)zeros;
}

void rewind_free_page(vms_rewind *r, uint8_t *page)
{
    if (page && page != zeros) {
        free(page);
        r->held--;
    }
}

/* A copy; NULL without memory. */
uint8_t *rewind_copy_page(vms_rewind *r, const uint8_t *from)
{
    if (vms_page_is_zero(from, r->page_size))
        return rewind_zero_page();
    uint8_t *page = (uint8_t *)aligned_alloc(64, r->page_size);
    if (page) {
        memcpy(page, from, r->page_size);
        r->held++;
    }
    return page;
}

/* The tree -------------------------------------------------------------------------------------------------------- */

void rewind_hang(vms_checkpoint *c, vms_checkpoint *toward)
{
    c->toward = toward;
    c->next = toward->child;
    c->link = &toward->child;
    if (c->next)
        c->next->link = &c->next;
    toward->child = c;
}

static void unhang(vms_checkpoint *c)
{
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
}

static void free_checkpoint(vms_rewind *r, vms_checkpoint *c)
{
    for (size_t i = 0; i < c->delta.room; i++)
        rewind_free_page(r, c->delta.entries[i].bytes);
    rewind_delta_free(&c->delta);
    free(c);
}

/* Pages of `from` go to `to` unless it has its own, or take their place there. All of `from` has been dealt with then. */
static void merge(vms_rewind *r, rewind_delta *to, rewind_delta *from, bool replace)
{
    for (size_t i = 0; i < from->room; i++) {
        if (!from->entries[i].key)
            continue;
        rewind_entry *entry = rewind_delta_at(to, from->entries[i].key - 1);
        if (entry->bytes && !replace) {
            rewind_free_page(r, from->entries[i].bytes);
        } else {
            rewind_free_page(r, entry->bytes);
            entry->bytes = from->entries[i].bytes;
        }
    }
    rewind_delta_free(from);
}

/* What nobody goes back to goes, or is put together with the only one that needs it. Without memory for that it stays. */
void rewind_tidy(vms_rewind *r, vms_checkpoint *c)
{
    while (c->dropped && c->toward && !c->child) {
        vms_checkpoint *toward = c->toward;
        unhang(c);
        free_checkpoint(r, c);
        c = toward;
    }
    if (!c->dropped || !c->toward || !c->child || c->child->next)
        return;
    vms_checkpoint *only = c->child;
    bool into_own = only->delta.used >= c->delta.used;
    rewind_delta *to = into_own ? &only->delta : &c->delta, *from = into_own ? &c->delta : &only->delta;
    if (rewind_delta_reserve(to, from->used))
        return;
    merge(r, to, from, !into_own);
    only->delta = *to;
    vms_checkpoint *toward = c->toward;
    unhang(only);
    unhang(c);
    free(c);
    rewind_hang(only, toward);
}

/* Makes `c`, a child of the root, the root. */
void rewind_climb(vms_rewind *r, vms_checkpoint *c)
{
    for (size_t i = 0; i < c->delta.room; i++) {
        rewind_entry *entry = &c->delta.entries[i];
        if (!entry->key)
            continue;
        uint64_t page = entry->key - 1;
        uint8_t *bytes = entry->bytes;
        entry->bytes = r->base[page];
        r->base[page] = bytes;
        r->due.words[page / 64] |= (uint64_t)1 << page % 64;
    }
    vms_checkpoint *before = r->root;
    before->delta = c->delta;
    memset(&c->delta, 0, sizeof c->delta);
    unhang(c);
    c->toward = NULL;
    rewind_hang(before, c);
    r->root = c;
}

/* All of them, leaves first. */
void rewind_free_tree(vms_rewind *r)
{
    vms_checkpoint *c = r->root;
    while (c) {
        while (c->child)
            c = c->child;
        vms_checkpoint *toward = c->toward;
        if (toward)
            unhang(c);
        free_checkpoint(r, c);
        c = toward;
    }
}
