/* vms_mapped.h: files in which every page has its own place ("mapped-ram"): the list of blocks carries headers, each followed by
 * a bitmap of the pages that are stored and room for all of them; pages are written once, however often they change.
 */
#ifndef VMS_MAPPED_H
#define VMS_MAPPED_H

#include "vms_ram.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VMS_MAPPED_HEADER = 28, VMS_MAPPED_VERSION = 1, VMS_MAPPED_ALIGN = 0x100000 };

typedef struct vms_mapped {
    uint64_t length;            /* of the block, bytes */
    uint64_t page_size;
    uint64_t bitmap_offset;     /* in the file */
    uint64_t pages_offset;
} vms_mapped;

/* Bytes of the bitmap of so many pages: whole words of 64 bits. */
static inline uint64_t vms_mapped_bitmap_size(uint64_t pages) { return (pages + 63) / 64 * 8; }

/* Where the blocks of `ram` lie in a file whose list of blocks (the record MEM_SIZE) begins at `offset`: one entry a block.
 * Returns where the stream goes on after the last of them; 0 if that is beyond what a file has. */
uint64_t vms_mapped_layout(const vms_ram *ram, uint64_t offset, vms_mapped *blocks);

typedef struct vms_mapped_file {
    /* Writes n bytes at an offset of the file; 0, or non-zero. May be called by several threads for other pages. */
    int (*write_at)(void *opaque, const uint8_t *data, size_t n, uint64_t offset);
    void *opaque;
} vms_mapped_file;

/* Writes the list with its headers at `offset`. 0 or -1, as all of them. */
int vms_mapped_write_list(const vms_ram *ram, const vms_mapped *blocks, const vms_mapped_file *file, uint64_t offset);
/* Writes pages of a block to their places, in runs, and notes in `stored` (a bitmap of the block) which are not zero. Zero pages
 * are written nowhere: the place of one that was stored before is not cleared, but its bit is. */
int vms_mapped_write_pages(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file,
                           uint64_t first, uint64_t count, vms_dirty *stored);
/* The same for the pages that are set in `dirty`, at most so many, whose bits it takes. Returns how many, or -1. */
int64_t vms_mapped_write_dirty(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file,
                               vms_dirty *dirty, uint64_t most, vms_dirty *stored);
/* Writes the bitmap of a block, at the very end. */
int vms_mapped_write_bitmap(const vms_mapped *at, const vms_mapped_file *file, const vms_dirty *stored);

/* Loads the body whose list is at `offset` of a whole file in memory, up to its end, which is then in *next. -1: see *error. */
int vms_mapped_load(vms_ram_loader *l, const uint8_t *file, size_t size, uint64_t offset, uint64_t *next, vms_error *error);

typedef struct vms_mapped_source {
    /* Reads n bytes from an offset of the file on: how many there are, less than n only at its end; or a negative errno. */
    int64_t (*read_at)(void *opaque, uint8_t *data, size_t n, uint64_t offset);
    void *opaque;
    uint64_t size;              /* of the file, bytes */
    int error;                  /* the negative errno that ended a load; 0: there was none */
} vms_mapped_source;

/* The same of a file that need not be in memory: pages are read to where they belong. It may become shorter meanwhile: that is
 * refused, as one that was too short before. */
int vms_mapped_load_from(vms_ram_loader *l, vms_mapped_source *file, uint64_t offset, uint64_t *next, vms_error *error);

/* A write_at for a file descriptor: `fd` points to an int. Non-zero: what went wrong is in errno. And a read_at. */
int vms_mapped_descriptor(void *fd, const uint8_t *data, size_t n, uint64_t offset);
int64_t vms_mapped_read_descriptor(void *fd, uint8_t *data, size_t n, uint64_t offset);

/* The same write_at, of one thread, that counts what it has written: zero pages are not. `opaque` points to one of these. */
typedef struct vms_mapped_counted {
    int fd;
    uint64_t written;           /* bytes */
} vms_mapped_counted;
int vms_mapped_counted_descriptor(void *counted, const uint8_t *data, size_t n, uint64_t offset);

#ifdef __cplusplus
}
#endif
#endif
