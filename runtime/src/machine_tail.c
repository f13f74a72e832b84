/* machine_tail.c: the description at a stream's end, before all that stands before it was read: from memory, or from a file
 * that can be read at any place. */
#define _POSIX_C_SOURCE 200809L

#include "machine_parts.h"

#include <sys/stat.h>
#include <unistd.h>

enum { TAIL = MAX_DESCRIPTION + 16 };

/* JSON holds no zero byte, and its length, below 16 MiB, begins with one: the last zero byte of the stream is one of the
 * four length bytes, and the brace is one to four bytes behind it. */
static bool parse_tail(described *d, const uint8_t *tail, size_t size)
{
    size_t zero = size, at;
    while (zero && tail[zero - 1])
        zero--;
    for (at = zero; zero && at < zero + 4 && at < size; at++)
        if (at >= 5 && tail[at] == '{' && tail[at - 5] == ELEMENT_DESCRIPTION && vms_get32(tail + at - 4) == size - at) {
            size_t where;
            if (!vms_description_parse(d, tail + at, size - at, &where))
                return true;
            vms_description_free(d);
        }
    return false;
}

static size_t read_tail(int fd, uint8_t *tail, off_t from, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, tail + done, size - done, from + (off_t)done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

bool vms_description_ahead(described *d, vms_file *f)
{
    const vms_reader *r = vms_file_reader(f);
    memset(d, 0, sizeof *d);
    if (!r->refill) {
        size_t left = (size_t)(r->end - r->p), size = left < TAIL ? left : TAIL;
        return parse_tail(d, r->end - size, size);
    }
    int fd = vms_file_descriptor(f, false);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) || !S_ISREG(about.st_mode) || about.st_size <= 0)
        return false;
    size_t size = about.st_size < TAIL ? (size_t)about.st_size : TAIL;
    uint8_t *tail = (uint8_t *)malloc(size);
    bool found = tail && read_tail(fd, tail, about.st_size - (off_t)size, size) == size && parse_tail(d, tail, size);
    free(tail);
    return found;
}
