/* file_descriptor_open.c: taking descriptors over: what they are, and how they are set. */
#define _GNU_SOURCE

#include "file_descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* TCP, and devices that keep nothing of what they get. */
static bool gathers(int fd, mode_t mode)
{
    int domain = AF_UNSPEC;
    socklen_t size = sizeof domain;
    if (S_ISCHR(mode))
        return true;
    return S_ISSOCK(mode) && !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && (domain == AF_INET || domain == AF_INET6);
}

static int take_over(vms_channel_end *e, int fd, bool writing, bool keep)
{
    struct stat about;
    e->fd = fd;
    e->base = -1;
    if (fd < 0)
        return 0;
    e->flags = e->came = fcntl(fd, F_GETFL);
    if (e->flags < 0 || fstat(fd, &about))
        return -errno;
    if ((e->flags & O_ACCMODE) == (writing ? O_RDONLY : O_WRONLY))
        return -EBADF;
    e->socket = S_ISSOCK(about.st_mode);
    e->patient = e->socket && !keep;    /* one that is somebody else's cannot be shut down to wake us */
    e->terminal = isatty(fd) == 1;
    e->gathers = gathers(fd, about.st_mode) && !e->terminal;
    if (S_ISREG(about.st_mode) || S_ISBLK(about.st_mode))
        e->base = lseek(fd, 0, SEEK_CUR);
    return 0;
}

static int prepare(vms_channel_end *e)
{
    struct termios mode;
    if (e->fd < 0)
        return 0;
    if (e->terminal && !tcgetattr(e->fd, &mode)) {
        cfmakeraw(&mode);
        if (tcsetattr(e->fd, TCSANOW, &mode))
            return -errno;
    }
    e->flags = e->patient ? e->flags & ~O_NONBLOCK : e->flags | O_NONBLOCK;
    return fcntl(e->fd, F_SETFL, e->flags) ? -errno : 0;
}

static int copied(int fd)
{
    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* On copies of the descriptors, which are closed again if it fails. */
static int on_copies(vms_file **file, const vms_descriptors *descriptors)
{
    if (descriptors->keep)
        return -EINVAL;
    vms_descriptors own = *descriptors;
    own.copy = false;
    own.in = copied(descriptors->in);
    own.out = descriptors->out == descriptors->in ? own.in : copied(descriptors->out);
    bool failed = (own.in < 0 && descriptors->in >= 0) || (own.out < 0 && descriptors->out >= 0);
    int error = failed ? -errno : vms_file_on_descriptors(file, &own);
    if (error && own.in >= 0)
        close(own.in);
    if (error && own.out >= 0 && own.out != own.in)
        close(own.out);
    return error;
}

int vms_file_on_descriptors(vms_file **file, const vms_descriptors *descriptors)
{
    if (descriptors->copy)
        return on_copies(file, descriptors);
    vms_channel *c = (vms_channel *)calloc(1, sizeof *c);
    vms_file *f = vms_file_new(&vms_descriptor_ops, c);
    int error = c && f ? 0 : -ENOMEM;
    if (!error && descriptors->in < 0 && descriptors->out < 0)
        error = -EBADF;
    if (!error)
        error = take_over(&c->in, descriptors->in, false, descriptors->keep);
    if (!error)
        error = take_over(&c->out, descriptors->out, true, descriptors->keep);
    if (!error && (c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        error = -errno;
    if (!error) {
        atomic_init(&c->idle_ms, descriptors->idle_ms);
        atomic_flag_clear(&c->lock);
        c->keep = descriptors->keep;
        error = prepare(&c->in);
        if (!error)
            error = prepare(&c->out);
        if (!error)
            error = vms_descriptor_limit_waits(c);
        if (error)
            close(c->wake);
    }
    if (error) {
        if (f)
            f->ops.close = NULL;
        vms_file_free(f);
        free(c);
        return error;
    }
    c->interrupted = descriptors->interrupted;
    c->opaque = descriptors->opaque;
    f->extras = &vms_descriptor_extras;
    if (descriptors->out < 0)
        f->ops.put_buffer = NULL;
    if (descriptors->in < 0)
        f->ops.get_buffer = NULL;
    *file = f;
    return 0;
}
