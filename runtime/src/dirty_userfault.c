/* dirty_userfault.c: the kernel notes writes: userfaultfd with asynchronous write protection, and PAGEMAP_SCAN.
 * What the system's headers may be too old to have is written out here. */
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "vms_dirty.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

enum { USER_MODE_ONLY = 1, REGIONS = 512 };

#define FEATURE_WP_SHARED (1ull << 12)          /* UFFD_FEATURE_WP_HUGETLBFS_SHMEM */
#define FEATURE_WP_UNPOPULATED (1ull << 13)
#define FEATURE_WP_ASYNC (1ull << 15)
#define SCAN_WP_MATCHING 1u
#define SCAN_CHECK_WPASYNC 2u
#define PAGE_WRITTEN 2u

struct scan_region {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN _IOWR('f', 16, struct scan)

static int open_userfault(void)
{
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | USER_MODE_ONLY);
    if (fd < 0 && errno == EINVAL)
        fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Protects everything again that was written, and hands each piece of it to the bitmap, if there is one. */
static int scan(const vms_userfault *u, vms_dirty *d, size_t page_size)
{
    struct scan_region found[REGIONS];
    uint64_t base = (uint64_t)(uintptr_t)u->host, at = base, end = base + u->length;
    while (at < end) {
        struct scan s;
        memset(&s, 0, sizeof s);
        s.size = sizeof s;
        s.flags = SCAN_WP_MATCHING | SCAN_CHECK_WPASYNC;
        s.start = at;
        s.end = end;
        s.category_mask = s.return_mask = PAGE_WRITTEN;
        s.vec = (uint64_t)(uintptr_t)found;
        s.vec_len = REGIONS;
        int count = ioctl(u->pagemap, SCAN, &s);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        for (int i = 0; d && i < count; i++) {
            uint64_t first = (found[i].start - base) / page_size, last = (found[i].end - base - 1) / page_size;
            vms_dirty_mark_range(d, first, last - first + 1);
        }
        if (s.walk_end <= at)
            return -EIO;
        at = s.walk_end;
    }
    return 0;
}

static void close_all(vms_userfault *u)
{
    if (u->pagemap >= 0)
        close(u->pagemap);
    if (u->fd >= 0)
        close(u->fd);
    u->fd = u->pagemap = -1;
}

int vms_userfault_start(vms_userfault *u, uint8_t *host, uint64_t length)
{
    u->host = host;
    u->length = length;
    u->process = getpid();
    u->pagemap = -1;
    u->fd = open_userfault();
    if (u->fd < 0)
        return u->fd;
    struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_WP_SHARED | FEATURE_WP_UNPOPULATED | FEATURE_WP_ASYNC};
    struct uffdio_register range = {.range = {(uint64_t)(uintptr_t)host, length}, .mode = UFFDIO_REGISTER_MODE_WP};
    struct uffdio_writeprotect protect = {.range = range.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    int result = ioctl(u->fd, UFFDIO_API, &api) ? -errno : 0;
    if (!result && (u->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) < 0)
        result = -errno;
    if (!result && (ioctl(u->fd, UFFDIO_REGISTER, &range) || ioctl(u->fd, UFFDIO_WRITEPROTECT, &protect)))
        result = -errno;
    if (!result)
        result = scan(u, NULL, 1);
    if (result)
        close_all(u);       /* what is registered here may be somebody else's */
    return result;
}

bool vms_userfault_lost(const vms_userfault *u)
{
    return u->process != getpid();
}

/* A fork hands both descriptors down, but they are about the memory of whom they were opened by. */
int vms_userfault_collect(vms_userfault *u, vms_dirty *d, size_t page_size)
{
    return vms_userfault_lost(u) ? -ESTALE : scan(u, d, page_size);
}

/* The last close would take the registration, and with it the protection, away; but a forked process may have the
 * descriptor, too. */
void vms_userfault_stop(vms_userfault *u)
{
    struct uffdio_range range = {(uint64_t)(uintptr_t)u->host, u->length};
    if (u->fd >= 0 && !vms_userfault_lost(u))
        (void)ioctl(u->fd, UFFDIO_UNREGISTER, &range);
    close_all(u);
}

/* Three pages: one that was there and is written, one that is not written, one that was never there and is written. */
int vms_userfault_probe(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *m = (uint8_t *)mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        return 0;
    m[0] = m[page] = 1;
    int works = 0;
    vms_userfault u;
    uint64_t word = 0;
    vms_dirty d = {&word, 3};
    if (vms_userfault_start(&u, m, 3 * page) == 0) {
        bool quiet = vms_userfault_collect(&u, &d, page) == 0 && word == 0;
        *(volatile uint8_t *)m = 2;
        *(volatile uint8_t *)(m + 2 * page) = 2;
        bool seen = vms_userfault_collect(&u, &d, page) == 0 && word == 5;
        word = 0;
        bool again = vms_userfault_collect(&u, &d, page) == 0 && word == 0;
        *(volatile uint8_t *)m = 3;
        again = again && vms_userfault_collect(&u, &d, page) == 0 && word == 1;
        works = quiet && seen && again;
        vms_userfault_stop(&u);
    }
    munmap(m, 3 * page);
    return works;
}

#else

int vms_userfault_probe(void) { return 0; }

int vms_userfault_start(vms_userfault *u, uint8_t *host, uint64_t length)
{
    u->fd = u->pagemap = -1;
    u->process = 0;
    u->host = host;
    u->length = length;
    return -38;
}

bool vms_userfault_lost(const vms_userfault *u)
{
    (void)u;
    return false;
}

int vms_userfault_collect(vms_userfault *u, vms_dirty *d, size_t page_size)
{
    (void)u, (void)d, (void)page_size;
    return -38;
}

void vms_userfault_stop(vms_userfault *u) { (void)u; }
#endif
