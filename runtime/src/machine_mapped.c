/* machine_mapped.c: a machine whose pages have places in the file ("mapped-ram"): written there, and loaded from there. */
#define _POSIX_C_SOURCE 200809L

#include "machine_parts.h"
#include "vms_mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The descriptor of a plain file on a disk; -1: it is over none, or over one that all writes are appended to. */
static int on_disk(const vms_file *f, bool writing, uint64_t *size)
{
    struct stat about;
    int fd = vms_file_descriptor(f, writing);
    if (fd < 0 || fstat(fd, &about) || !S_ISREG(about.st_mode) || (writing && fcntl(fd, F_GETFL) & O_APPEND))
        return -1;
    *size = (uint64_t)about.st_size;
    return fd;
}

/* Where in its file, which need not begin with the stream, the channel stands; negative: an errno. */
static int64_t place(vms_file *f, int fd, uint64_t position)
{
    int error = vms_file_seek(f, position);
    if (error)
        return error;
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at < 0 ? -errno : at;
}

/* Saving ---------------------------------------------------------------------------------------------------------- */

int vms_machine_may_be_mapped(vms_machine *m, const vms_file *f)
{
    uint64_t size;
    const char *why = NULL;
    if (!m->ram || !m->ram->count)
        why = "there is no RAM whose pages could have places in a file";
    else if (m->switches & VMS_WITHOUT_CONFIGURATION)
        why = "without a configuration no stream says that its pages have places in the file";
    else if (on_disk(f, true, &size) < 0)
        why = "pages have places in a plain file on a disk alone";
    return why ? vms_machine_fail(m, VMS_MACHINE_UNMAPPED, 0, "%s", why) : 0;
}

static int put_block(const vms_ram *ram, size_t block, const vms_mapped *at, const vms_mapped_file *file)
{
    vms_dirty stored;
    uint64_t pages = at->length / at->page_size;
    if (ram->blocks[block].ignored)
        return 0;
    if (vms_dirty_init(&stored, pages)) {
        errno = ENOMEM;
        return -1;
    }
    int failed = vms_mapped_write_pages(ram, block, at, file, 0, pages, &stored)
                 || vms_mapped_write_bitmap(at, file, &stored) ? -1 : 0;
    vms_dirty_clear(&stored);
    return failed;
}

/* Everything, from `start` of the file on. 0 or a negative errno; *end is where the stream goes on. */
static int put_all(const vms_ram *ram, int fd, uint64_t start, uint64_t *end)
{
    vms_mapped *places = (vms_mapped *)calloc(ram->count + 1, sizeof *places);
    if (!places)
        return -ENOMEM;
    const vms_mapped_file file = {vms_mapped_descriptor, &fd};
    *end = vms_mapped_layout(ram, start, places);
    errno = EFBIG;
    int failed = !*end || vms_mapped_write_list(ram, places, &file, start);
    for (size_t i = 0; i < ram->count && !failed; i++)
        failed = put_block(ram, i, &places[i], &file);
    int error = failed ? -errno : 0;
    free(places);
    return error;
}

int vms_machine_put_mapped(vms_machine *m, vms_file *f)
{
    uint64_t position = vms_file_put_position(f), size, end;
    int fd = on_disk(f, true, &size);
    int64_t start = place(f, fd, position);
    int error = start < 0 ? (int)start : put_all(m->ram, fd, (uint64_t)start, &end);
    if (!error)
        error = vms_file_seek(f, position + end - (uint64_t)start);
    if (!error)
        return 0;
    vms_file_set_error(f, VMS_FILE_PUTTING, error);
    return vms_machine_not_written(m, f);
}

/* Loading --------------------------------------------------------------------------------------------------------- */

int vms_walk_mapped(walk *w)
{
    uint64_t position = vms_walk_offset(w), next;
    vms_mapped_source file = {.read_at = vms_mapped_read_descriptor};
    int fd = on_disk(w->f, false, &file.size);
    w->m->ram->flags |= VMS_RAM_MAPPED;
    if (fd < 0)
        return vms_ram_load(&w->ram, w->r);     /* from memory; what cannot be read at any place is refused there */
    file.opaque = &fd;
    int64_t start = place(w->f, fd, position);
    int failed = start < 0 || vms_mapped_load_from(&w->ram, &file, (uint64_t)start, &next, &w->r->error) ? -1 : 0;
    int error = start < 0 ? (int)start : file.error;
    if (!failed)
        error = vms_file_seek(w->f, position + next - (uint64_t)start);
    if (error)
        vms_file_set_error(w->f, VMS_FILE_GETTING, error);
    return failed || error ? -1 : 0;
}
