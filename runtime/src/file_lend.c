/* file_lend.c: bytes that stay where they are: the channel gathers them from there, with what is put between them.
 *
 * The pieces in between lie in the buffer, so that nothing may move it as long as something is lent. */
#include "file_channel.h"

#include <errno.h>

/* As many as a piece has pages of 4 KiB, each with something before it. */
enum { PARTS = 2 * VMS_FILE_PIECE / 4096 };

/* Less is copied more quickly than it is gathered. */
enum { SHORT = 1024 };

typedef struct vms_file_loan {
    struct iovec parts[PARTS];
    size_t count, size;         /* size: of what is lent, without what lies between */
    uint8_t *next;              /* in the buffer: the first byte that is in no part yet */
} loan;

static vms_file *file_of(vms_writer *w)
{
    return (vms_file *)(void *)((uint8_t *)w - offsetof(vms_file, writer));
}

static void add(loan *l, const void *bytes, size_t size)
{
    l->parts[l->count++] = (struct iovec){(void *)(uintptr_t)bytes, size};
}

/* What was put since the last part. */
static void add_between(vms_file *f, loan *l)
{
    uint8_t *p = f->writer.p;
    if (p != l->next)
        add(l, l->next, (size_t)(p - l->next));
    l->next = p;
}

size_t vms_file_lent(const vms_file *f)
{
    return f->loan ? f->loan->size : 0;
}

int vms_file_hand_on_lent(vms_file *f)
{
    loan *l = f->loan;
    add_between(f, l);
    struct iovec *part = l->parts;
    size_t count = l->count, left = 0;
    for (size_t i = 0; i < count; i++)
        left += part[i].iov_len;
    l->count = l->size = 0;
    while (count) {
        if (atomic_load_explicit(&f->cancelled, memory_order_relaxed))
            return vms_file_fail(f, VMS_FILE_PUTTING, -ECANCELED, f->out_offset);
        f->putting = true;
        int64_t done = f->extras->put_parts(f->opaque, part, count);
        f->putting = false;
        done = vms_file_handed_on(f, done, left);
        if (done < 0)
            return (int)done;
        left -= (size_t)done;
        for (; count && (uint64_t)done >= part->iov_len; part++, count--)
            done -= (int64_t)part->iov_len;
        if (count) {
            part->iov_base = (uint8_t *)part->iov_base + done;
            part->iov_len -= (size_t)done;
        }
    }
    return 0;
}

/* 0 if there is a loan to add to: an empty one, or one with room. */
static int open_loan(vms_file *f, size_t size)
{
    int error = vms_file_side_error(f, VMS_FILE_PUTTING);
    if (error || f->closed)
        return error ? error : -EBADF;
    if (!f->loan && !(f->loan = (loan *)calloc(1, sizeof *f->loan)))
        return vms_file_fail(f, VMS_FILE_PUTTING, -ENOMEM, vms_file_put_position(f));
    if (f->loan->count && (f->loan->count + 3 > PARTS || f->loan->size + size > VMS_FILE_PIECE))
        error = vms_file_flush(f);
    if (error)
        return error;
    if (!f->loan->count)
        f->loan->next = f->out ? f->out : f->writer.p;
    return 0;
}

/* What is lent next mostly lies behind this, and is fetched while this is copied: processors look ahead to a page's end alone.
 * Where there is nothing it does no harm. */
static void fetch(const uint8_t *next, size_t size)
{
    for (size_t at = 0; at < size; at += 64)
        __builtin_prefetch(next + at);
}

static bool gathers(const vms_file *f)
{
    return f->extras && f->extras->gathers(f->opaque);
}

static int lend(vms_file *f, const void *bytes, size_t size)
{
    int error = open_loan(f, size);
    if (error)
        return error;
    add_between(f, f->loan);
    add(f->loan, bytes, size);
    f->loan->size += size;
    return 0;
}

int vms_file_lend(vms_writer *w, const uint8_t *bytes, size_t size)
{
    vms_file *f = file_of(w);
    if (!bytes)
        return vms_file_lent(f) ? vms_file_flush(f) : 0;
    if (gathers(f))
        return lend(f, bytes, size);
    fetch(bytes + size, size);
    return vms_file_put_buffer(f, bytes, size);
}

/* Most short ones find room. */
static int put(vms_file *f, const void *bytes, size_t size)
{
    vms_writer *w = &f->writer;
    if (size >= SHORT || (size_t)(w->end - w->p) <= size)
        return vms_file_put_buffer(f, bytes, size);
    memcpy(w->p, bytes, size);
    w->p += size;
    return 0;
}

int vms_file_put_parts(vms_file *f, const vms_file_part *parts, size_t count)
{
    bool lends = gathers(f);
    int error = vms_file_put_buffer(f, "", 0);      /* can it be put to at all? Room in its buffer does not say so */
    for (const vms_file_part *part = parts, *end = parts + count; !error && part != end; part++)
        error = lends && part->size >= SHORT ? lend(f, part->bytes, part->size) : put(f, part->bytes, part->size);
    return error || !vms_file_lent(f) ? error : vms_file_flush(f);
}
