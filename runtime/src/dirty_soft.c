/* dirty_soft.c: the kernel notes writes: soft-dirty bits. Most kernels that lack them take the request all the same. */
#ifdef __linux__
#define _GNU_SOURCE
#endif
#include "vms_dirty.h"

#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SOFT_DIRTY ((uint64_t)1 << 55)

bool vms_softdirty_lost(const vms_softdirty *s)
{
    return s->process != getpid();
}

/* A fork hands the descriptors down, but they are about the memory of whom they were opened by. */
int vms_softdirty_restart(vms_softdirty *s)
{
    if (vms_softdirty_lost(s))
        return -ESTALE;
    ssize_t done = pwrite(s->clear_refs, "4", 1, 0);
    return done == 1 ? 0 : done < 0 ? -errno : -EIO;
}

int vms_softdirty_start(vms_softdirty *s)
{
    s->process = getpid();
    s->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    s->clear_refs = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    int result = s->pagemap < 0 || s->clear_refs < 0 ? -errno : vms_softdirty_restart(s);
    if (result)
        vms_softdirty_stop(s);
    return result;
}

int vms_softdirty_collect(const vms_softdirty *s, const uint8_t *host, uint64_t length, vms_dirty *d, size_t page_size)
{
    uint64_t entries[512], page = (uint64_t)sysconf(_SC_PAGESIZE), base = (uint64_t)(uintptr_t)host / page;
    uint64_t count = (length + page - 1) / page;
    if (vms_softdirty_lost(s))
        return -ESTALE;
    for (uint64_t done = 0; done < count;) {
        size_t some = count - done < 512 ? (size_t)(count - done) : 512;
        ssize_t got = pread(s->pagemap, entries, some * 8, (off_t)((base + done) * 8));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 8)
            return got < 0 ? -errno : -EIO;
        some = (size_t)got / 8;
        for (size_t i = 0; i < some; i++)
            if (entries[i] & SOFT_DIRTY) {
                uint64_t first = (done + i) * page / page_size, last = ((done + i + 1) * page - 1) / page_size;
                vms_dirty_mark_range(d, first, last - first + 1);
            }
        done += some;
    }
    return 0;
}

void vms_softdirty_stop(vms_softdirty *s)
{
    if (s->pagemap >= 0)
        close(s->pagemap);
    if (s->clear_refs >= 0)
        close(s->clear_refs);
    s->pagemap = s->clear_refs = -1;
}

/* Two pages that are there; one is written after the bits were cleared. */
int vms_softdirty_probe(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *m = (uint8_t *)mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        return 0;
    m[0] = m[page] = 1;
    int works = 0;
    vms_softdirty s;
    uint64_t word = 0;
    vms_dirty d = {&word, 2};
    if (vms_softdirty_start(&s) == 0) {
        *(volatile uint8_t *)m = 2;
        works = vms_softdirty_collect(&s, m, 2 * page, &d, page) == 0 && word == 1;
        vms_softdirty_stop(&s);
    }
    munmap(m, 2 * page);
    return works;
}

#else

int vms_softdirty_probe(void) { return 0; }

int vms_softdirty_start(vms_softdirty *s)
{
    s->pagemap = s->clear_refs = -1;
    s->process = 0;
    return -38;
}

bool vms_softdirty_lost(const vms_softdirty *s)
{
    (void)s;
    return false;
}

int vms_softdirty_restart(vms_softdirty *s)
{
    (void)s;
    return -38;
}

int vms_softdirty_collect(const vms_softdirty *s, const uint8_t *host, uint64_t length, vms_dirty *d, size_t page_size)
{
    (void)s, (void)host, (void)length, (void)d, (void)page_size;
    return -38;
}

void vms_softdirty_stop(vms_softdirty *s) { (void)s; }
#endif
