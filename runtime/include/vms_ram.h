/* vms_ram.h: guest memory in a migration stream, as its records are coded to a writer and decoded from a reader.
 *
 * Link with ram_*.c, pages.c, xbzrle*.c and dirty*.c beside what vms.h needs. Nothing here is global; one sender or loader
 * belongs to one stream and to one thread at a time. Marking pages as dirty may be done by any number of threads.
 */
#ifndef VMS_RAM_H
#define VMS_RAM_H

#include "vms.h"
#include "vms_dirty.h"
#include "vms_xbzrle.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    VMS_RAM_VERSION = 4,            /* of the section `ram` */
    VMS_RAM_PAGE_MIN = 1024,
    VMS_RAM_PAGE_MAX = 65536,
    VMS_RAM_ROOM = 256 * 1024       /* the room that a writer for pages does best with */
};

/* Blocks ------------------------------------------------------------------------------------------------------- */

typedef struct vms_ram_block {
    const char *name;               /* 1 to 255 bytes, no two alike */
    uint8_t *host;                  /* where its bytes are */
    uint64_t used_length;           /* bytes, a multiple of the page size, at least one page */
    uint64_t max_length;            /* bytes at `host`, where a stream may change the length; 0: it may not */
    uint64_t page_size;             /* of the memory behind it, where VMS_RAM_PAGE_SIZES sends it; 0: the host's */
    uint64_t address;               /* in the guest, where VMS_RAM_ADDRESSES sends it */
    bool ignored;                   /* listed, but its pages are not sent: the receiver sees the same memory */
} vms_ram_block;

/* What of the list of blocks depends on how both ends were configured; a stream does not tell. */
enum {
    VMS_RAM_PAGE_SIZES = 1,         /* page sizes that differ from the host's are listed (postcopy was possible) */
    VMS_RAM_ADDRESSES = 2,          /* addresses are listed (x-ignore-shared) */
    VMS_RAM_MAPPED = 4              /* every block has a header of 28 bytes, its pages lie at fixed places of the file */
};

typedef struct vms_ram {
    vms_ram_block *blocks;
    size_t count;
    uint32_t page_size;             /* of the guest: a power of two in VMS_RAM_PAGE_MIN..VMS_RAM_PAGE_MAX */
    uint32_t flags;
    uint64_t host_page_size;        /* for VMS_RAM_PAGE_SIZES */
} vms_ram;

/* NULL, or what is wrong with the blocks, and in *block which one. */
const char *vms_ram_wrong(const vms_ram *ram, size_t *block);
uint64_t vms_ram_total(const vms_ram *ram);         /* bytes of all blocks */

/* Sending ------------------------------------------------------------------------------------------------------ */

typedef struct vms_ram_sender {
    const vms_ram *ram;
    vms_xbzrle *xbzrle;             /* NULL: none. Used for pages of vms_ram_send_dirty() while `repeating` */
    /* NULL, or how plain pages get to the writer without being copied, as by vms_file_lend(); NULL as bytes says that from now
     * on they may be somewhere else. Non-zero: it failed, and the channel knows why. Pages of XBZRLE's cache are copied. */
    int (*lend)(vms_writer *w, const uint8_t *bytes, size_t size);
    bool repeating;                 /* the first pass over all pages is done */
    bool last;                      /* the guest is stopped: nothing new goes into the cache */
    size_t named;                   /* the block that the last page belonged to; SIZE_MAX: none yet */
    size_t block;                   /* where the next round begins */
    uint64_t page;
    uint64_t zero_pages, plain_pages, xbzrle_pages, xbzrle_bytes, unchanged_pages, overflows, misses;
} vms_ram_sender;

void vms_ram_sender_init(vms_ram_sender *s, const vms_ram *ram);
/* The body of the START section: lengths and names. vms_ram_send_end() ends it, as it ends every body.
 * Not for VMS_RAM_MAPPED: see vms_mapped.h. All return 0, or -1 and the writer's error. */
int vms_ram_send_blocks(vms_ram_sender *s, vms_writer *w);
int vms_ram_send_end(vms_writer *w);
int vms_ram_send_flush(vms_writer *w);      /* 8.1 and later: receivers wait for all multifd channels here */
/* Pages as they are, zero or plain. */
int vms_ram_send_pages(vms_ram_sender *s, vms_writer *w, size_t block, uint64_t first, uint64_t count);
/* Pages that are set in `dirty`, one bitmap a block; their bits are cleared first. Goes on where the last call ended,
 * round after round, until `most` pages are done or no bit is set. Returns the pages done, or -1. */
int64_t vms_ram_send_dirty(vms_ram_sender *s, vms_writer *w, vms_dirty *dirty, uint64_t most);

/* Loading ------------------------------------------------------------------------------------------------------ */

typedef enum vms_ram_unlike {
    VMS_RAM_UNKNOWN_BLOCK = 1,      /* the stream has it, the machine does not */
    VMS_RAM_MISSING_BLOCK,          /* the machine has it, the stream does not */
    VMS_RAM_OTHER_LENGTH,
    VMS_RAM_OTHER_PAGE_SIZE,
    VMS_RAM_OTHER_ADDRESS
} vms_ram_unlike;

typedef struct vms_ram_difference {
    vms_ram_unlike kind;
    char name[256];
    uint64_t found, held;           /* in the stream, in the machine */
    uint64_t offset;                /* in the stream */
} vms_ram_difference;

enum {
    VMS_RAM_CHECK = 1,              /* everything is decoded and judged, nothing is stored */
    VMS_RAM_KEEP_MISSING = 2,       /* a block that is not listed keeps what it holds */
    VMS_RAM_NO_XBZRLE = 4,          /* encoded pages are refused */
    VMS_RAM_MULTIFD = 8,            /* multifd flushes may come: `flush` is called */
    VMS_RAM_ANY_FILL = 16           /* "zero" pages of another byte are filled with it, as old receivers did */
};

typedef struct vms_ram_loader {
    vms_ram *ram;
    uint32_t flags;
    bool listed;                    /* the list of blocks was read */
    size_t current;                 /* the block that the last page belonged to; SIZE_MAX: none yet */
    uint64_t *lengths;              /* of the blocks as the stream lists them; 0: not listed */
    /* Compressed pages of old senders: n bytes of zlib to exactly page_size bytes. NULL: they are refused. */
    int (*inflate)(void *opaque, const uint8_t *data, size_t n, uint8_t *page, size_t page_size);
    int (*flush)(void *opaque);
    void *opaque;
    uint8_t *scratch;               /* a page, where one is inflated only to be checked */
    /* How the blocks of stream and machine differ: the first `room` of them are noted, all are counted. */
    vms_ram_difference *differences;
    size_t room, difference_count;
    uint64_t zero_pages, plain_pages, xbzrle_pages, compressed_pages;
    struct vms_mapped_window *window;   /* its own: of a file that is read at any place */
} vms_ram_loader;

/* 0, or -1 without memory. The loader must be cleared in the end. */
int vms_ram_loader_init(vms_ram_loader *l, vms_ram *ram, uint32_t flags);
void vms_ram_loader_clear(vms_ram_loader *l);
/* Reads the body of a START, PART or END section, up to and with the record that ends it. 0, or -1 and the reader's
 * error: code VMS_FRAMING or VMS_TRUNCATED, the offset in the stream, the block as its path, and a sentence.
 * Blocks differ: nothing of the machine has been changed then. Pages that came before a refused one are stored. */
int vms_ram_load(vms_ram_loader *l, vms_reader *r);

/* Pages -------------------------------------------------------------------------------------------------------- */

bool vms_page_is_zero(const uint8_t *page, size_t size);        /* size: a multiple of 256 */

#ifdef __cplusplus
}
#endif
#endif
