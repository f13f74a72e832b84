/* file_folder.c: names in a folder, on the disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "vms_file.h"

int vms_file_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;
    if (fd < 0)
        return -errno;
    while (fsync(fd))
        if (errno != EINTR) {
            error = -errno;
            break;
        }
    close(fd);
    return error;
}
