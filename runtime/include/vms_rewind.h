/* vms_rewind.h: guest memory as it was at any number of moments, of which only the differences are kept.
 *
 * The newest checkpoint, or the one that was rewound to last, is the base: a whole copy of the memory, page by page. Every
 * other one knows which pages differ from its neighbour on the way to the base. So a checkpoint costs the pages that were
 * written since, and going back costs the pages that are to be changed. Pages of zeros take no memory.
 *
 * Link with rewind*.c, ram_blocks.c, pages.c and dirty.c. One thread at a time, and the guest stands still meanwhile.
 */
#ifndef VMS_REWIND_H
#define VMS_REWIND_H

#include "vms_ram.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vms_rewind vms_rewind;
typedef struct vms_checkpoint vms_checkpoint;

/* Copies the memory of all blocks; lengths and addresses must stay as they are. 0, or -1 without memory for it. */
int vms_rewind_new(const vms_ram *ram, vms_rewind **made);
void vms_rewind_free(vms_rewind *r);            /* and all its checkpoints */

/* `dirty` has a bitmap a block: every page that may have been written since the last call with `dirty` is set. Bits are
 * taken over, and cleared. NULL: nothing was written. */

/* The memory as it is now. 0, or -1 without memory for it: then nothing is lost, and no bit either. */
int vms_rewind_checkpoint(vms_rewind *r, vms_dirty *dirty, vms_checkpoint **made);
/* Makes the memory what it was at the checkpoint; all checkpoints stay. Needs no memory. Returns the pages written. */
uint64_t vms_rewind_to(vms_rewind *r, vms_checkpoint *c, vms_dirty *dirty);
/* Nobody will go back to it: what only it needs is freed. */
void vms_rewind_drop(vms_rewind *r, vms_checkpoint *c);
/* Finds the written pages by comparing all memory with the base, where nobody noted them. Returns how many. */
uint64_t vms_rewind_compare(vms_rewind *r);
/* The same among those alone that are set in `dirty`; bits are taken over, and cleared. For those who are told of all writes,
 * as by a kernel: what a rewind writes is among them, and would be put back with every rewind after it. */
uint64_t vms_rewind_compare_dirty(vms_rewind *r, vms_dirty *dirty);
/* Pages of memory that are held, for the base and for all checkpoints. */
uint64_t vms_rewind_pages(const vms_rewind *r);

#ifdef __cplusplus
}
#endif
#endif
