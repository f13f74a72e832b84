/* file_owned.c: descriptors that are stored where their owner looks, in the call that opens them. */
#define _GNU_SOURCE
#include "file_owned.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

int vms_owned_open(int *fd, const char *path, int flags)
{
    vms_owned_close(fd);
    *fd = open(path, flags | O_CLOEXEC, 0600);
    return *fd < 0 ? -errno : 0;
}

int vms_owned_event(int *fd)
{
    vms_owned_close(fd);
    *fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return *fd < 0 ? -errno : 0;
}

void vms_owned_close(int *fd)
{
    int mine = *fd;
    *fd = -1;
    if (mine >= 0)
        close(mine);
}
