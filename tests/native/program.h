/* program.h: what the test programs share. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vms.h"

#define EXPECT(condition)                                                                            \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                         \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

/* A reader that has no more than `step` new bytes at a time, in a buffer that it keeps moving. */
typedef struct trickle {
    vms_reader reader;
    const uint8_t *rest;
    size_t left, step, room;
    uint8_t *buffer;
} trickle;

static inline int trickle_refill(vms_reader *r, size_t need)
{
    trickle *t = (trickle *)r;
    size_t unread = (size_t)(r->end - r->p), wanted = need - unread;
    size_t more = (wanted + t->step - 1) / t->step * t->step;
    if (more > t->left)
        more = t->left;
    uint8_t *moved = (uint8_t *)malloc(unread + more + 1);
    EXPECT(moved);
    memcpy(moved, r->p, unread);
    memcpy(moved + unread, t->rest, more);
    free(t->buffer);
    t->buffer = moved;
    t->rest += more;
    t->left -= more;
    r->end_offset += more;
    r->p = moved;
    r->end = moved + unread + more;
    return unread + more < need ? -1 : 0;
}

static inline void trickle_init(trickle *t, const uint8_t *data, size_t size, size_t step)
{
    vms_reader_init(&t->reader, NULL, 0);
    t->reader.refill = trickle_refill;
    t->rest = data;
    t->left = size;
    t->step = step;
    t->buffer = NULL;
}

/* A writer with a buffer of `room` bytes, emptied into `out` whenever it is full. */
typedef struct drain {
    vms_writer writer;
    uint8_t buffer[64];
    size_t room, written;
    uint8_t *out;
} drain;

static inline void drain_empty(drain *d)
{
    size_t size = (size_t)(d->writer.p - d->buffer);
    memcpy(d->out + d->written, d->buffer, size);
    d->written += size;
    d->writer.p = d->buffer;
}

static inline int drain_flush(vms_writer *w, size_t need)
{
    drain *d = (drain *)w;
    drain_empty(d);
    return need > d->room ? -1 : 0;
}

static inline void drain_init(drain *d, uint8_t *out, size_t room)
{
    vms_writer_init(&d->writer, d->buffer, room);
    d->writer.flush = drain_flush;
    d->room = room;
    d->written = 0;
    d->out = out;
}

#endif
