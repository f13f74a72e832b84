/* ram_mapped_descriptor.c: pages to their places in a file on a disk, and from there. */
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "vms_mapped.h"

#include <errno.h>
#include <unistd.h>

int vms_mapped_descriptor(void *fd, const uint8_t *data, size_t n, uint64_t offset)
{
    while (n) {
        ssize_t done = pwrite(*(const int *)fd, data, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return -1;
        data += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    return 0;
}

int vms_mapped_counted_descriptor(void *counted, const uint8_t *data, size_t n, uint64_t offset)
{
    vms_mapped_counted *c = counted;
    int failed = vms_mapped_descriptor(&c->fd, data, n, offset);
    if (!failed)
        c->written += n;
    return failed;
}

int64_t vms_mapped_read_descriptor(void *fd, uint8_t *data, size_t n, uint64_t offset)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(*(const int *)fd, data + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (int64_t)done;
}
