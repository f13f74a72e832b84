/* The end of a terminal: what the kernel overlooked at first is read all the same. */
#define _GNU_SOURCE

#include "program.h"
#include "vms_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In place of libc's. Reads of `terminal` fail as they do when its other side is closed, where `failures` says so. */
static int terminal = -1, calls;
static const char *failures;        /* a letter a call: '-' fails */

ssize_t read(int fd, void *buf, size_t size)
{
    if (fd == terminal && failures[calls] && failures[calls++] == '-') {
        errno = EIO;
        return -1;
    }
    return (ssize_t)syscall(SYS_read, fd, buf, size);
}

static void overlooked(const char *when)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT(master >= 0 && !grantpt(master) && !unlockpt(master));
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    EXPECT(slave >= 0);
    vms_descriptors d = {.in = master, .out = -1, .idle_ms = 20000};
    vms_file *f;
    uint8_t back[5];
    EXPECT(!vms_file_on_descriptors(&f, &d));
    EXPECT(write(slave, "hello", 5) == 5 && !close(slave));
    terminal = master;
    calls = 0;
    failures = when;
    EXPECT(!vms_file_get_buffer(f, back, 5) && memcmp(back, "hello", 5) == 0);
    EXPECT(vms_file_at_end(f) == 1 && (size_t)calls == strlen(when) && !vms_file_close(f));
    vms_file_free(f);
    terminal = -1;
}

int main(void)
{
    overlooked("");         /* as the kernel has it */
    overlooked("-");
    overlooked("-+--");
    puts("file_terminal: all is well");
    return 0;
}
