/* vms_describe.h: what generated serializers write descriptions with; describe.c belongs to it. */
#ifndef VMS_DESCRIBE_H
#define VMS_DESCRIBE_H

#include "vms.h"

#ifdef __cplusplus
extern "C" {
#endif

int vms_text_slow(vms_writer *w, const char *text, size_t len);
int vms_text_long(vms_writer *w, const char *text, size_t len);

enum { VMS_TEXT_INLINE = 256 };

/* Writes text; non-zero, with the error set, if there is no room. Compilers copy what is short with a few instructions;
 * what is longer the C library copies quicker than those would. */
static inline int vms_text(vms_writer *w, const char *text, size_t len)
{
    uint8_t *p = w->p;
    if (len > VMS_TEXT_INLINE)
        return vms_text_long(w, text, len);
    if (VMS_UNLIKELY((size_t)(w->end - p) < len))
        return vms_text_slow(w, text, len);
    w->p = p + len;
    memcpy(p, text, len);
    return 0;
}

#define VMS_TEXT(w, text) vms_text(w, text, sizeof(text) - 1)

/* Pieces of at most VMS_TEXT_MOST one after the other, with the place of the next one in a variable: `at` begins as w->p. Room for
 * one: where it goes, or NULL with the error set. */
enum { VMS_TEXT_MOST = 512 };

uint8_t *vms_text_room_slow(vms_writer *w, uint8_t *at, size_t len);

static inline uint8_t *vms_text_room(vms_writer *w, uint8_t *at, size_t len)
{
    return VMS_UNLIKELY(w->end - at < (ptrdiff_t)len) ? vms_text_room_slow(w, at, len) : at;
}

static inline uint8_t *vms_text_at(uint8_t *at, const char *text, size_t len)
{
    size_t first = len < VMS_TEXT_INLINE ? len : VMS_TEXT_INLINE;
    memcpy(at, text, first);
    memcpy(at + first, text + first, len - first);
    return at + len;
}

#define VMS_TEXT_AT(at, text) vms_text_at(at, text, sizeof(text) - 1)

/* Behind the last. A muted writer, in whose room is none of them, stays where it is. */
static inline void vms_text_done(vms_writer *w, uint8_t *at)
{
    if (at <= w->end)
        w->p = at;
}

/* The same text `times` times. */
int vms_text_times(vms_writer *w, const char *text, size_t len, size_t times);

int vms_text_number_long(vms_writer *w, int64_t number);

/* Most are counts, and most of those have one digit. */
static inline int vms_text_number(vms_writer *w, int64_t number)
{
    if (number < 0 || number > 9)
        return vms_text_number_long(w, number);
    char digit = (char)('0' + number);
    return vms_text(w, &digit, 1);
}

/* The bytes of a shape: what is there, and how often. */
static inline int vms_shape_choice(vms_writer *w, bool chosen)
{
    uint8_t *p = vms_room(w, 1);
    if (!p)
        return -1;
    *p = chosen;
    return 0;
}

static inline int vms_shape_count(vms_writer *w, uint64_t count)
{
    uint8_t *p = vms_room(w, sizeof count);
    if (!p)
        return -1;
    memcpy(p, &count, sizeof count);
    return 0;
}

/* Between the two nothing is written, but everything is asked and counted as ever. They nest. */
typedef struct vms_muted {
    uint8_t *p, *end;
    int (*flush)(vms_writer *w, size_t need);
    uint8_t nowhere[VMS_TEXT_MOST];     /* where pieces go meanwhile */
} vms_muted;

void vms_mute(vms_writer *w, vms_muted *muted);
void vms_unmute(vms_writer *w, const vms_muted *muted);

/* A writer whose bytes only count: for hooks, of which nobody else knows how many they write. */
typedef struct vms_counting {
    vms_writer w;           /* first: its flush finds the rest behind it */
    uint8_t *room;
    size_t size;
    int64_t before;         /* bytes that are gone already */
    uint8_t small[256];
} vms_counting;

void vms_count_begin(vms_counting *count, const vms_writer *w);
/* The bytes, or -1 if the hook has `failed`; the error is noted in w. */
int64_t vms_count_end(vms_counting *count, vms_writer *w, int failed);

#ifdef __cplusplus
}
#endif
#endif
