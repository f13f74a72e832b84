/* file_store.h: a channel in memory that dribbles, fails and lies as a test wants it. */
#ifndef FILE_STORE_H
#define FILE_STORE_H

#include "program.h"
#include "vms_file.h"

#include <errno.h>

/* A channel in memory that moves at most `step` bytes at a time. */
typedef struct store {
    uint8_t *data;
    size_t size, at, room, step, calls;
    int64_t put_answer, get_answer;     /* given in place of a count, if not 0 */
    int close_answer, closes;
    vms_file *self;                     /* its file, for an operation that calls back */
    int64_t rate;
    bool positions;                     /* `pos` must be what it is */
} store;

static inline int64_t store_put(void *opaque, const uint8_t *buf, int64_t pos, size_t size)
{
    store *s = (store *)opaque;
    s->calls++;
    EXPECT(size > 0 && size <= VMS_FILE_PIECE);
    if (s->self)
        EXPECT(vms_file_put_byte(s->self, 1) == -EDEADLK && vms_file_flush(s->self) == -EDEADLK);
    if (s->put_answer && s->size >= s->room)
        return s->put_answer;
    EXPECT(!s->positions || (uint64_t)pos == s->size);
    size_t done = size < s->step ? size : s->step;
    s->data = (uint8_t *)realloc(s->data, s->size + done);
    EXPECT(s->data);
    memcpy(s->data + s->size, buf, done);
    s->size += done;
    return (int64_t)done;
}

static inline int64_t store_get(void *opaque, uint8_t *buf, int64_t pos, size_t size)
{
    store *s = (store *)opaque;
    s->calls++;
    EXPECT(size > 0);
    if (s->self) {
        uint8_t byte;
        EXPECT(vms_file_get_byte(s->self, &byte) == -EDEADLK && vms_file_at_end(s->self) == -EDEADLK);
    }
    EXPECT(!s->positions || (uint64_t)pos == s->at);
    if (s->get_answer && s->at == s->size)
        return s->get_answer;
    size_t some = s->size - s->at < s->step ? s->size - s->at : s->step;
    some = some < size ? some : size;
    if (some)
        memcpy(buf, s->data + s->at, some);
    s->at += some;
    return (int64_t)some;
}

static inline int store_close(void *opaque)
{
    store *s = (store *)opaque;
    s->closes++;
    return s->close_answer;
}

static inline int store_over(void *opaque) { return ((store *)opaque)->rate == 7; }

static inline int64_t store_set_rate(void *opaque, int64_t rate)
{
    store *s = (store *)opaque;
    if (rate < 100)
        s->rate = rate;
    return s->rate;
}

static inline int64_t store_rate(void *opaque) { return ((store *)opaque)->rate; }

static const vms_file_ops plain = {store_put, store_get, store_close, NULL, NULL, NULL};
static const vms_file_ops rated = {store_put, store_get, store_close, store_over, store_set_rate, store_rate};

static inline vms_file *open_store(store *s, const vms_file_ops *ops)
{
    s->step = s->step ? s->step : SIZE_MAX;
    vms_file *f = vms_file_new(ops, s);
    EXPECT(f);
    return f;
}

#endif
