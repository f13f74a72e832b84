/* file_get.c: the get side: a buffer that grows only with what has come, and large buffers past it. */
#include "file_channel.h"

#include <errno.h>
#include <poll.h>

static vms_file *file_of(vms_reader *r)
{
    return (vms_file *)(void *)((uint8_t *)r - offsetof(vms_file, reader));
}

static size_t unread(const vms_file *f)
{
    return (size_t)(f->reader.end - f->reader.p);
}

uint64_t vms_file_get_position(const vms_file *f)
{
    return f->reader.end_offset - unread(f);
}

/* 0 if the side can be used. */
static int usable(vms_file *f)
{
    if (VMS_UNLIKELY(f->getting))
        return -EDEADLK;
    int error = vms_file_side_error(f, VMS_FILE_GETTING);
    if (error)
        return error;
    return f->closed ? -EBADF : 0;
}

/* One get_buffer: the count, 0 at the end, or the negative error that is the side's now. end_offset is the caller's. */
static int64_t fetch(vms_file *f, uint8_t *buf, size_t size)
{
    if (f->ended)
        return 0;
    if (!f->ops.get_buffer)
        return vms_file_fail(f, VMS_FILE_GETTING, -EBADF, f->reader.end_offset);
    if (atomic_load_explicit(&f->cancelled, memory_order_relaxed))
        return vms_file_fail(f, VMS_FILE_GETTING, -ECANCELED, f->reader.end_offset);
    f->getting = true;
    int64_t got = f->ops.get_buffer(f->opaque, buf, (int64_t)f->reader.end_offset, size);
    f->getting = false;
    if (got <= 0 && atomic_load(&f->cancelled))
        got = -ECANCELED;           /* whatever the channel made of it */
    if (got < 0 || (uint64_t)got > size)
        return vms_file_fail(f, VMS_FILE_GETTING, got < 0 && got >= -4095 ? (int)got : -EIO, f->reader.end_offset);
    f->ended = got == 0;
    return got;
}

/* Room for more behind the unread bytes, moved to the front of the same buffer or of a larger one. */
static int make_room(vms_file *f, size_t size)
{
    size_t kept = unread(f);
    if (size <= f->in_size) {
        memmove(f->in, f->reader.p, kept);
    } else {
        uint8_t *in = (uint8_t *)malloc(size);
        if (!in)
            return vms_file_fail(f, VMS_FILE_GETTING, -ENOMEM, f->reader.end_offset);
        memcpy(in, f->reader.p, kept);
        free(f->in);
        f->in = in;
        f->in_size = size;
    }
    f->reader.p = f->in;
    f->reader.end = f->in + kept;
    return 0;
}

/* So few bytes are moved to the front at every refill, for the sake of large reads. */
#define CHEAP 4096

int vms_file_refill(vms_reader *r, size_t need)
{
    vms_file *f = file_of(r);
    if (usable(f))
        return -1;
    while (unread(f) < need) {
        if (f->ended)
            return -1;
        size_t left = f->in ? (size_t)(f->in + f->in_size - f->reader.end) : 0;
        if (!f->in || unread(f) == f->in_size) {
            /* Twice of what has come, whatever is needed: a count in the stream allocates nothing by itself. */
            if (make_room(f, f->in ? f->in_size * 2 : f->room))
                return -1;
        } else if (f->reader.p != f->in && (left < need - unread(f) || unread(f) < CHEAP)) {
            make_room(f, f->in_size);
        }
        uint8_t *at = f->in + (f->reader.end - f->in);
        int64_t got = fetch(f, at, (size_t)(f->in + f->in_size - at));
        if (got < 0)
            return -1;
        r->end += got;
        r->end_offset += (uint64_t)got;
    }
    return 0;
}

void vms_file_forget_input(vms_file *f, uint64_t pos)
{
    f->reader.p = f->reader.end;
    f->reader.end_offset = pos;
    f->ended = false;
}

/* Why there are fewer than n bytes. */
static int missing(vms_file *f, size_t n)
{
    int error = usable(f);
    if (error)
        return error;
    vms_refuse(&f->reader, VMS_TRUNCATED, "", f->reader.p, vms_unsigned(unread(f)), vms_unsigned(n), vms_unsigned(n));
    return vms_file_fail(f, VMS_FILE_GETTING, -ENODATA, vms_file_get_position(f));
}

/* The next n bytes; NULL with *error set. */
static const uint8_t *take(vms_file *f, size_t n, int *error)
{
    *error = usable(f);
    if (*error)
        return NULL;
    if (unread(f) < n && (!f->reader.refill || f->reader.refill(&f->reader, n))) {
        *error = missing(f, n);
        return NULL;
    }
    f->reader.p += n;
    return f->reader.p - n;
}

int vms_file_get_byte(vms_file *f, uint8_t *value)
{
    int error;
    const uint8_t *p = take(f, 1, &error);
    if (p)
        *value = *p;
    return error;
}

#define GET(bits)                                                                                                      \
    int vms_file_get_be##bits(vms_file *f, uint##bits##_t *value)                                                      \
    {                                                                                                                  \
        int error;                                                                                                     \
        const uint8_t *p = take(f, sizeof *value, &error);                                                             \
        if (p)                                                                                                         \
            *value = vms_get##bits(p);                                                                                 \
        return error;                                                                                                  \
    }

GET(16)
GET(32)
GET(64)

/* From this size on bytes are read to where they belong. */
static size_t direct(const vms_file *f) { return f->room / 4; }

int vms_file_get_buffer(vms_file *f, void *buf, size_t size)
{
    int error = usable(f);
    if (error || !size)
        return error;
    uint8_t *to = (uint8_t *)buf;
    size_t rest = size, some = unread(f);
    if (size < direct(f) || some >= size || !f->reader.refill) {
        const uint8_t *p = take(f, size, &error);
        if (p)
            memcpy(to, p, size);
        return error;
    }
    uint64_t start = vms_file_get_position(f);
    memcpy(to, f->reader.p, some);
    f->reader.p = f->reader.end;
    for (rest -= some, to += some; rest;) {
        int64_t got = fetch(f, to, rest < VMS_FILE_PIECE ? rest : VMS_FILE_PIECE);
        if (got < 0)
            return (int)got;
        if (!got) {
            vms_number found = vms_unsigned(size - rest), all = vms_unsigned(size);
            vms_refuse(&f->reader, VMS_TRUNCATED, "", f->reader.p, found, all, all);
            f->reader.error.offset = start;
            return vms_file_fail(f, VMS_FILE_GETTING, -ENODATA, start);
        }
        to += got;
        rest -= (size_t)got;
        f->reader.end_offset += (uint64_t)got;
    }
    return 0;
}

int vms_file_get_counted_string(vms_file *f, char text[256], size_t *length)
{
    int error = usable(f);
    if (error)
        return error;
    /* The length stays unread until all is there, so that an error says where the string began. */
    const uint8_t *p = vms_peek(&f->reader, 1);
    size_t size = p ? (size_t)1 + p[0] : 1;
    p = take(f, size, &error);
    if (!p)
        return error;
    *length = size - 1;
    memcpy(text, p + 1, size - 1);
    text[size - 1] = 0;
    return 0;
}

int64_t vms_file_get_some(vms_file *f, void *buf, size_t size)
{
    int error = usable(f);
    if (error || !size)
        return error;
    if (!unread(f)) {
        if (f->reader.refill && size >= direct(f)) {
            int64_t got = fetch(f, (uint8_t *)buf, size < INT64_MAX ? size : INT64_MAX);
            if (got > 0)
                f->reader.end_offset += (uint64_t)got;
            return got;
        }
        if (!f->reader.refill || f->reader.refill(&f->reader, 1))
            return vms_file_side_error(f, VMS_FILE_GETTING);
    }
    size_t some = unread(f) < size ? unread(f) : size;
    memcpy(buf, f->reader.p, some);
    f->reader.p += some;
    return (int64_t)some;
}

int vms_file_at_end(vms_file *f)
{
    int error = usable(f);
    if (error)
        return error;
    if (vms_peek(&f->reader, 1))
        return 0;
    error = vms_file_side_error(f, VMS_FILE_GETTING);
    return error ? error : 1;
}

bool vms_file_ready(vms_file *f)
{
    if (unread(f) || f->ended)
        return true;
    struct pollfd look = {vms_file_descriptor(f, false), POLLIN, 0};
    return look.fd >= 0 && poll(&look, 1, 0) > 0;
}

/* Memory ------------------------------------------------------------------------------------------------------- */

vms_file *vms_file_from_memory(const void *data, size_t size)
{
    vms_file *f = vms_file_new(NULL, NULL);
    if (f) {
        vms_reader_init(&f->reader, data, size);
        f->reader.whole = false;
        f->ended = true;
    }
    return f;
}
