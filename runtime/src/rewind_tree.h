/* rewind_tree.h: what a rewind consists of, as its two files know it. */
#ifndef VMS_REWIND_TREE_H
#define VMS_REWIND_TREE_H

#include "rewind_delta.h"
#include "vms_rewind.h"

struct vms_checkpoint {
    vms_checkpoint *toward;             /* the neighbour on the way to the root; NULL: it is the root */
    vms_checkpoint *child, *next, **link;   /* those whose neighbour it is; its own place among its brothers */
    vms_checkpoint *way;                /* while somebody goes along: the next one */
    rewind_delta delta;                 /* its pages, where the neighbour has others */
    bool dropped;
};

struct vms_rewind {
    vms_ram_block *blocks;
    size_t count, page_size;
    uint64_t *first;                    /* of each block: the number of its first page, a multiple of 64 */
    uint64_t pages, held;
    uint8_t **base;                     /* a page each */
    vms_dirty due;                      /* pages of memory that may differ from the base */
    vms_checkpoint *root;
    uint8_t *fetched;                   /* while going back: a page that is copied when the next one is on its way */
    const uint8_t *fetched_base;        /* from here */
};

uint8_t *rewind_zero_page(void);                                    /* the one that stands for all of them */
uint8_t *rewind_copy_page(vms_rewind *r, const uint8_t *from);      /* NULL without memory */
void rewind_free_page(vms_rewind *r, uint8_t *page);

void rewind_hang(vms_checkpoint *c, vms_checkpoint *toward);
void rewind_tidy(vms_rewind *r, vms_checkpoint *c);
void rewind_climb(vms_rewind *r, vms_checkpoint *c);
void rewind_free_tree(vms_rewind *r);

#endif
