/* ram_load.h: what the files of the loader share. */
#ifndef RAM_LOAD_H
#define RAM_LOAD_H

#include "vms_mapped.h"
#include "vms_ram.h"

/* Of the next unread byte. */
uint64_t ram_offset(const vms_reader *r);
/* -1, with an error of the loader's block: `why`, at `offset` of the stream. */
int ram_refuse(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t found, uint64_t high, const char *why);
/* The list of blocks, after its record of `total` bytes at `offset`. */
int ram_load_list(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t total);
/* A block's header in the list of a mapped file; goes to where its pages end. */
int ram_load_mapped_header(vms_ram_loader *l, vms_reader *r, uint64_t length, vms_mapped *header);
/* The pages of all blocks: judged first, then stored. One header a block. */
int ram_load_mapped_pages(vms_ram_loader *l, vms_reader *r, const vms_mapped *headers);

#endif
