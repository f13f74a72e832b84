/* file_descriptor.c: the operations over descriptors: pipes, sockets, terminals, files. */
#define _GNU_SOURCE

#include "file_descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Waiting ------------------------------------------------------------------------------------------------------ */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* No wait is longer in one go: a signal just before a system call does not interrupt it, and would go unheard. */
#define SLICE_MS 1000

/* Has a signal come that the process wants to hear of now? */
static int interruption(vms_channel *c)
{
    return c->interrupted && c->interrupted(c->opaque) ? -EINTR : 0;
}

/* Until the descriptor is ready: 0, or what came instead. */
static int await(vms_channel *c, int fd, short events)
{
    struct pollfd waits[2] = {{fd, events, 0}, {c->wake, POLLIN, 0}};
    int64_t idle = atomic_load(&c->idle_ms), started = now_ms();
    for (;;) {
        int64_t left = idle < 0 ? -1 : idle - (now_ms() - started);
        if (idle >= 0 && left < 0)
            left = 0;
        int ready = poll(waits, 2, left < 0 || left > SLICE_MS ? SLICE_MS : (int)left);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0) {
            int error = interruption(c);
            if (error)
                return error;
        }
        if (ready < 0) {
            continue;
        } else if (waits[1].revents) {
            return -ECANCELED;
        } else if (ready) {
            return waits[0].revents & POLLNVAL ? -EBADF : 0;
        } else if (idle >= 0 && now_ms() - started >= idle) {
            return -ETIMEDOUT;
        }
    }
}

/* The operations ------------------------------------------------------------------------------------------------- */

/* After a slice of a wait in the kernel, or a part that a signal cut off: 0 to go on. */
static int after_slice(vms_channel *c, int64_t started)
{
    int64_t idle = atomic_load(&c->idle_ms);
    int error = interruption(c);
    return error ? error : idle >= 0 && now_ms() - started >= idle ? -ETIMEDOUT : 0;
}

/* 0: try again. */
static int obstacle(vms_channel *c, const vms_channel_end *e, short events, int64_t started)
{
    if (errno == EINTR)
        return interruption(c);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return e->patient ? after_slice(c, started) : await(c, e->fd, events);
    return -errno;
}

static ssize_t transfer(const vms_channel_end *e, struct iovec *parts, size_t count)
{
    if (!e->socket)
        return writev(e->fd, parts, (int)count);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(e->fd, &message, MSG_NOSIGNAL);
}

static int64_t put_parts(void *opaque, struct iovec *parts, size_t count)
{
    vms_channel *c = (vms_channel *)opaque;
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].iov_len;
    for (int64_t started = c->out.patient ? now_ms() : 0;;) {
        ssize_t done = transfer(&c->out, parts, count);
        int error = 0;
        if (done < 0)
            error = obstacle(c, &c->out, POLLOUT, started);
        else if (c->out.patient && (size_t)done < size)
            error = interruption(c);
        if (error)
            return error;
        if (done >= 0)
            return done;
    }
}

static bool gathers(const void *opaque)
{
    return ((const vms_channel *)opaque)->out.gathers;
}

static int64_t put_buffer(void *opaque, const uint8_t *buf, int64_t pos, size_t size)
{
    struct iovec part = {(void *)(uintptr_t)buf, size};
    (void)pos;
    return put_parts(opaque, &part, 1);
}

/* EIO says that the other side of a pseudo-terminal was closed, which is its end. It must be said twice: Linux looks for bytes
 * first and at the other side then, so what was written just before the close may be overlooked the first time. */
static ssize_t read_terminal(int fd, uint8_t *buf, size_t size)
{
    ssize_t got = read(fd, buf, size);
    if (got < 0 && errno == EIO)
        got = read(fd, buf, size);
    return got < 0 && errno == EIO ? 0 : got;
}

static int64_t get_buffer(void *opaque, uint8_t *buf, int64_t pos, size_t size)
{
    vms_channel *c = (vms_channel *)opaque;
    (void)pos;
    for (int64_t started = c->in.patient ? now_ms() : 0;;) {
        ssize_t got = c->in.terminal ? read_terminal(c->in.fd, buf, size) : read(c->in.fd, buf, size);
        if (got >= 0)
            return got;
        int error = obstacle(c, &c->in, POLLIN, started);
        if (error)
            return error;
    }
}

static void lock(vms_channel *c)
{
    while (atomic_flag_test_and_set_explicit(&c->lock, memory_order_acquire))
        ;
}

static void unlock(vms_channel *c) { atomic_flag_clear_explicit(&c->lock, memory_order_release); }

static int drop(const vms_channel_end *e, bool keep)
{
    if (e->fd < 0)
        return 0;
    if (e->flags != e->came)
        fcntl(e->fd, F_SETFL, e->came);
    return !keep && close(e->fd) && errno != EINTR ? -errno : 0;
}

static int close_both(void *opaque)
{
    vms_channel *c = (vms_channel *)opaque;
    lock(c);
    c->closed = true;
    unlock(c);
    int error = c->in.fd != c->out.fd ? drop(&c->in, c->keep) : 0;
    int other = drop(&c->out, c->keep);
    return other ? other : error;
}

/* Beyond the six ------------------------------------------------------------------------------------------------- */

static void wake(void *opaque)
{
    vms_channel *c = (vms_channel *)opaque;
    uint64_t one = 1;
    ssize_t done = write(c->wake, &one, sizeof one);
    (void)done;             /* it cannot be full in earnest: then it is readable already */
    lock(c);
    if (c->in.patient && !c->closed)
        shutdown(c->in.fd, SHUT_RDWR);
    if (c->out.patient && !c->closed)
        shutdown(c->out.fd, SHUT_RDWR);
    unlock(c);
}

static int seek(void *opaque, uint64_t pos)
{
    vms_channel *c = (vms_channel *)opaque;
    const vms_channel_end *ends[2] = {&c->in, &c->out};
    for (int i = 0; i < 2; i++) {
        if (ends[i]->fd < 0)
            continue;
        if (ends[i]->base < 0)
            return -ESPIPE;
        if (pos > (uint64_t)(INT64_MAX - ends[i]->base))
            return -EINVAL;
        if (lseek(ends[i]->fd, ends[i]->base + (off_t)pos, SEEK_SET) < 0)
            return -errno;
    }
    return 0;
}

static int descriptor(const void *opaque, bool writing)
{
    const vms_channel *c = (const vms_channel *)opaque;
    return writing ? c->out.fd : c->in.fd;
}

/* The kernel's own time-outs: equal slices of the idle time. Zero would be none. */
int vms_descriptor_limit_waits(vms_channel *c)
{
    int64_t idle = atomic_load(&c->idle_ms), slice = SLICE_MS;
    if (idle >= 0)
        slice = idle ? idle / ((idle + SLICE_MS - 1) / SLICE_MS) : 1;
    struct timeval limit = {(time_t)(slice / 1000), (suseconds_t)(slice % 1000) * 1000};
    if (c->in.patient && setsockopt(c->in.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit))
        return -errno;
    return c->out.patient && setsockopt(c->out.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) ? -errno : 0;
}

static void set_idle(void *opaque, int64_t idle_ms)
{
    vms_channel *c = (vms_channel *)opaque;
    atomic_store(&c->idle_ms, idle_ms);
    vms_descriptor_limit_waits(c);
}

static void release(void *opaque)
{
    vms_channel *c = (vms_channel *)opaque;
    close(c->wake);
    free(c);
}

const vms_file_extras vms_descriptor_extras = {put_parts, gathers, wake, seek, descriptor, set_idle, release};

const vms_file_ops vms_descriptor_ops = {put_buffer, get_buffer, close_both, NULL, NULL, NULL};
