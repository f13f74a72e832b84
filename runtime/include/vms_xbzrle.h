/* vms_xbzrle.h: a page as the runs in which it differs from what the receiver has, and the cache that knows what that is. */
#ifndef VMS_XBZRLE_H
#define VMS_XBZRLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    VMS_XBZRLE_OVERFLOW = -1,
    VMS_XBZRLE_PAGE_MAX = 16384     /* a run's length has 14 bits: larger pages are always an overflow */
};

/* Encodes what turns `before` into `after`, `size` bytes each (32 or more), in at most `most` bytes. 0: they are equal,
 * nothing is to be sent. VMS_XBZRLE_OVERFLOW: it does not fit. Else the length. */
int vms_xbzrle_encode(const uint8_t *before, const uint8_t *after, size_t size, uint8_t *out, size_t most);
/* Judges n encoded bytes for a page of `size`: NULL, or what is wrong, and in *at the byte that is. */
const char *vms_xbzrle_wrong(const uint8_t *in, size_t n, size_t size, size_t *at);
/* Applies encoded bytes that vms_xbzrle_wrong() found nothing in. */
void vms_xbzrle_apply(const uint8_t *in, size_t n, uint8_t *page);

/* Pages as they were last sent: a power of two of slots, page number modulo slots. */
typedef struct vms_xbzrle {
    size_t page_size, slots;
    uint64_t *numbers;              /* of the page in each slot, plus one; 0: none */
    uint64_t *ages;                 /* the round in which each was last used */
    uint8_t *pages;
    uint8_t *current;               /* the page as it is at one moment, while the guest runs */
    uint64_t round;
} vms_xbzrle;

/* Of at most `bytes` of pages, at least one. 0, or -1 without memory; to be cleared in the end. */
int vms_xbzrle_init(vms_xbzrle *x, size_t page_size, uint64_t bytes);
void vms_xbzrle_clear(vms_xbzrle *x);
/* The cached page of that number; NULL if it is not there. */
uint8_t *vms_xbzrle_find(vms_xbzrle *x, uint64_t number);
/* A slot for the page of that number, whose bytes the caller must write; NULL if one that was used in this round or the
 * last two is in it. */
uint8_t *vms_xbzrle_insert(vms_xbzrle *x, uint64_t number);

#ifdef __cplusplus
}
#endif
#endif
