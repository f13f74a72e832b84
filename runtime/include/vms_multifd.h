/* vms_multifd.h: the packets of the extra channels that carry pages beside the main stream.
 *
 * A packet is a header and, if it has normal pages, a payload: the pages themselves, or what a compressor that lives as long
 * as its channel makes of them. Compressing is the caller's; everything else is here. One packet is built or read by one
 * thread; any number of threads may load pages with one loader, once it has read the list of blocks.
 */
#ifndef VMS_MULTIFD_H
#define VMS_MULTIFD_H

#include "vms_ram.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    VMS_MULTIFD_INIT = 64,              /* bytes, once a channel */
    VMS_MULTIFD_HEADER = 320,           /* bytes, before one offset of 8 for each page that a packet has room for */
    VMS_MULTIFD_BYTES = 512 * 1024,     /* of pages in a packet */
    VMS_MULTIFD_PAGES = VMS_MULTIFD_BYTES / VMS_RAM_PAGE_MIN,
    VMS_MULTIFD_PAYLOAD = 2 * VMS_MULTIFD_BYTES     /* the most that a payload may be */
};

/* Flags of a packet. */
enum { VMS_MULTIFD_SYNC = 1, VMS_MULTIFD_ZLIB = 2, VMS_MULTIFD_ZSTD = 4, VMS_MULTIFD_COMPRESSION = 0x0e };

typedef struct vms_multifd_packet {
    uint32_t flags, normal_pages, zero_pages, payload;      /* payload: bytes; what it is without normal pages means nothing */
    uint64_t number;                    /* one count over all channels */
    size_t block;
    uint64_t offsets[VMS_MULTIFD_PAGES];    /* in the block: the normal pages', then the zero pages' */
} vms_multifd_packet;

/* Pages that a packet has room for. */
static inline uint32_t vms_multifd_room(const vms_ram *ram) { return VMS_MULTIFD_BYTES / ram->page_size; }

int vms_multifd_send_init(vms_writer *w, const uint8_t uuid[16], uint8_t channel);
/* Takes dirty pages of one block, from where the sender stands, until the packet is full or the block has no more. Zero pages
 * go as records to `main`, or, if that is NULL, into the packet (receivers from 9.0 on). Returns the pages taken, zero ones
 * included, or -1 with the error of `main`; 0: no page is dirty. The caller sets flags, payload and number. */
int64_t vms_multifd_pick(vms_ram_sender *s, vms_writer *main, vms_dirty *dirty, vms_multifd_packet *packet);
/* The normal pages one behind the other: normal_pages * page_size bytes. */
void vms_multifd_gather(const vms_ram *ram, const vms_multifd_packet *packet, uint8_t *out);
/* The header; the caller writes the payload behind it. */
int vms_multifd_send_header(const vms_ram *ram, vms_writer *w, const vms_multifd_packet *packet);
/* Header and pages as they are; sets the payload. */
int vms_multifd_send_plain(const vms_ram *ram, vms_writer *w, vms_multifd_packet *packet);

/* How a channel was agreed on. */
typedef struct vms_multifd_channel {
    uint32_t compression;               /* 0, VMS_MULTIFD_ZLIB or VMS_MULTIFD_ZSTD */
    bool zero_pages;                    /* packets may have them (from 9.0 on) */
} vms_multifd_channel;

/* Reads what a channel begins with: its number, below `channels`. 0 or -1, as all that follow. */
int vms_multifd_load_init(vms_reader *r, const uint8_t uuid[16], unsigned channels, uint8_t *channel);
/* Reads and judges a header. Nothing is stored. */
int vms_multifd_load_header(const vms_ram_loader *l, vms_reader *r, const vms_multifd_channel *channel,
                            vms_multifd_packet *packet);
/* Reads the payload of pages as they are, and stores it; then what vms_multifd_zero() does. */
int vms_multifd_load_plain(const vms_ram_loader *l, vms_reader *r, const vms_multifd_packet *packet);
/* Stores pages that a payload was inflated to: normal_pages * page_size bytes. */
void vms_multifd_scatter(const vms_ram_loader *l, const vms_multifd_packet *packet, const uint8_t *pages);
/* Clears the packet's zero pages. */
void vms_multifd_zero(const vms_ram_loader *l, const vms_multifd_packet *packet);

#ifdef __cplusplus
}
#endif
#endif
