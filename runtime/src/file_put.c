/* file_put.c: the put side: a buffer of one piece, and large buffers past it. */
#include "file_channel.h"

#include <errno.h>

static vms_file *file_of(vms_writer *w)
{
    return (vms_file *)(void *)((uint8_t *)w - offsetof(vms_file, writer));
}

static size_t buffered(const vms_file *f)
{
    return f->out ? (size_t)(f->writer.p - f->out) : 0;
}

uint64_t vms_file_put_position(const vms_file *f)
{
    return f->out_offset + buffered(f) + vms_file_lent(f);
}

int64_t vms_file_handed_on(vms_file *f, int64_t done, size_t most)
{
    if (done <= 0 && atomic_load(&f->cancelled))
        done = -ECANCELED;      /* whatever the channel made of it */
    if (done <= 0 || (uint64_t)done > most)
        return vms_file_fail(f, VMS_FILE_PUTTING, done < 0 && done >= -4095 ? (int)done : -EIO, f->out_offset);
    f->out_offset += (uint64_t)done;
    return done;
}

/* Hands all of it on; out_offset follows. */
static int hand_on(vms_file *f, const uint8_t *buf, size_t size)
{
    while (size) {
        size_t piece = size < VMS_FILE_PIECE ? size : VMS_FILE_PIECE;
        if (atomic_load_explicit(&f->cancelled, memory_order_relaxed))
            return vms_file_fail(f, VMS_FILE_PUTTING, -ECANCELED, f->out_offset);
        f->putting = true;
        int64_t done = f->ops.put_buffer(f->opaque, buf, (int64_t)f->out_offset, piece);
        f->putting = false;
        done = vms_file_handed_on(f, done, piece);
        if (done < 0)
            return (int)done;
        buf += done;
        size -= (size_t)done;
    }
    return 0;
}

bool vms_file_can_put(const vms_file *f)
{
    return f->ops.put_buffer || f->keeps;
}

/* 0 if the side can be used. */
static int usable(vms_file *f)
{
    if (VMS_UNLIKELY(f->putting))
        return -EDEADLK;
    int error = vms_file_side_error(f, VMS_FILE_PUTTING);
    if (error)
        return error;
    if (f->closed)
        return -EBADF;
    return vms_file_can_put(f) ? 0 : -EBADF;
}

static int empty(vms_file *f)
{
    size_t size = buffered(f);
    bool lent = vms_file_lent(f) != 0;
    if (!size && !lent)
        return 0;
    int error = lent ? vms_file_hand_on_lent(f) : hand_on(f, f->out, size);
    if (error) {
        /* What could not be handed on is gone, and the position stays where the channel failed. */
        f->writer.p = f->writer.end = f->out;
        return error;
    }
    f->writer.p = f->out;
    f->writer.end = f->out + f->out_size;
    return 0;
}

/* Room for `size`; what is in the buffer stays there. */
static int enlarge(vms_file *f, size_t size)
{
    size_t kept = buffered(f);
    uint8_t *out = (uint8_t *)realloc(f->out, size);
    if (!out)
        return vms_file_fail(f, VMS_FILE_PUTTING, -ENOMEM, vms_file_put_position(f));
    f->out = out;
    f->out_size = size;
    f->writer.p = out + kept;
    f->writer.end = out + size;
    return 0;
}

int vms_file_flush_window(vms_writer *w, size_t need)
{
    vms_file *f = file_of(w);
    if (usable(f) || empty(f))
        return -1;
    if (need > f->out_size && enlarge(f, need > f->room ? need : f->room))
        return -1;
    return 0;
}

int vms_file_grow_memory(vms_writer *w, size_t need)
{
    vms_file *f = file_of(w);
    size_t kept = buffered(f), size = f->out_size < 4096 ? 4096 : f->out_size;
    if (usable(f))
        return -1;
    while (size - kept < need) {
        if (size > SIZE_MAX / 2) {
            vms_file_fail(f, VMS_FILE_PUTTING, -ENOMEM, kept);
            return -1;
        }
        size *= 2;
    }
    return enlarge(f, size) ? -1 : 0;
}

/* The room for n bytes, n at most a piece; NULL with *error set. */
static uint8_t *room(vms_file *f, size_t n, int *error)
{
    *error = usable(f);
    if (*error)
        return NULL;
    uint8_t *p = f->writer.p;
    if ((size_t)(f->writer.end - p) < n) {
        if (f->writer.flush(&f->writer, n)) {
            *error = vms_file_side_error(f, VMS_FILE_PUTTING);
            return NULL;
        }
        p = f->writer.p;
    }
    f->writer.p = p + n;
    return p;
}

int vms_file_put_byte(vms_file *f, uint8_t value)
{
    int error;
    uint8_t *p = room(f, 1, &error);
    if (p)
        *p = value;
    return error;
}

#define PUT(bits)                                                                                                      \
    int vms_file_put_be##bits(vms_file *f, uint##bits##_t value)                                                       \
    {                                                                                                                  \
        int error;                                                                                                     \
        uint8_t *p = room(f, sizeof value, &error);                                                                    \
        if (p)                                                                                                         \
            vms_put##bits(p, value);                                                                                   \
        return error;                                                                                                  \
    }

PUT(16)
PUT(32)
PUT(64)

/* From this size on a buffer is handed on as it lies; below, a copy costs less than a small write. */
static size_t direct(const vms_file *f) { return f->room / 4; }

int vms_file_put_buffer(vms_file *f, const void *buf, size_t size)
{
    int error = usable(f);
    if (error || !size)
        return error;
    if (f->keeps || size < direct(f)) {
        uint8_t *p = room(f, size, &error);
        if (p)
            memcpy(p, buf, size);
        return error;
    }
    error = empty(f);
    return error ? error : hand_on(f, (const uint8_t *)buf, size);
}

int vms_file_put_counted_string(vms_file *f, const char *text, size_t length)
{
    if (length > 255)
        return -EINVAL;
    int error;
    uint8_t *p = room(f, 1 + length, &error);
    if (p) {
        p[0] = (uint8_t)length;
        memcpy(p + 1, text, length);
    }
    return error;
}

int vms_file_flush(vms_file *f)
{
    if (!f->ops.put_buffer)
        return vms_file_side_error(f, VMS_FILE_PUTTING);
    int error = usable(f);
    return error ? error : empty(f);
}

/* Memory ------------------------------------------------------------------------------------------------------- */

vms_file *vms_file_to_memory(void)
{
    vms_file *f = vms_file_new(NULL, NULL);
    if (f) {
        f->keeps = true;
        f->writer.flush = vms_file_grow_memory;
    }
    return f;
}

const uint8_t *vms_file_memory(const vms_file *f, size_t *size)
{
    *size = f->keeps ? buffered(f) : 0;
    return f->keeps ? f->out : NULL;
}
