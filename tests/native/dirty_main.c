/* Bitmaps of written pages without Python: bits, runs, threads, and what a kernel reports. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"
#include "vms_dirty.h"

static void bits_and_runs(void)
{
    vms_dirty d;
    uint64_t first;
    EXPECT(vms_dirty_init(&d, 200) == 0 && vms_dirty_next(&d, 0, &first) == 0 && first == 200);
    vms_dirty_mark_range(&d, 3, 2);
    vms_dirty_mark_range(&d, 60, 70);
    vms_dirty_mark_range(&d, 190, 1000);
    vms_dirty_mark_range(&d, 200, 1);
    vms_dirty_mark_range(&d, UINT64_MAX, UINT64_MAX);
    EXPECT(d.words[0] == 0xf000000000000018 && d.words[1] == ~(uint64_t)0 && d.words[2] == 0xc000000000000003 && d.words[3] == 0xff);
    EXPECT(vms_dirty_next(&d, 0, &first) == 2 && first == 3);
    EXPECT(vms_dirty_next(&d, 4, &first) == 1 && first == 4);
    EXPECT(vms_dirty_next(&d, 5, &first) == 70 && first == 60);
    EXPECT(vms_dirty_next(&d, 130, &first) == 10 && first == 190);
    EXPECT(vms_dirty_next(&d, 200, &first) == 0 && vms_dirty_next(&d, UINT64_MAX, &first) == 0);
    EXPECT(vms_dirty_count(&d) == 82);
    EXPECT(vms_dirty_take(&d, 4) && !vms_dirty_take(&d, 4) && !vms_dirty_test(&d, 4) && vms_dirty_test(&d, 3));
    EXPECT(vms_dirty_take_word(&d, 0, 0x1f) == 8 && vms_dirty_take_word(&d, 0, 0x1f) == 0);
    vms_dirty into;
    EXPECT(vms_dirty_init(&into, 200) == 0);
    vms_dirty_mark(&into, 61);
    EXPECT(vms_dirty_fetch(&d, &into) == 79 && vms_dirty_count(&d) == 0 && vms_dirty_count(&into) == 80);
    vms_dirty_clear(&d);
    vms_dirty_clear(&into);
    /* What the target has no room for is forgotten: with room for whole words, and for a part of one. */
    for (uint64_t pages = 64; pages <= 66; pages += 2) {
        EXPECT(vms_dirty_init(&d, 200) == 0 && vms_dirty_init(&into, pages) == 0);
        vms_dirty_mark_range(&d, 63, 100);
        EXPECT(vms_dirty_fetch(&d, &into) == pages - 63 && vms_dirty_count(&d) == 0 && vms_dirty_count(&into) == pages - 63);
        EXPECT((into.words[1] == 3) == (pages == 66));
        vms_dirty_clear(&d);
        vms_dirty_clear(&into);
    }
    EXPECT(vms_dirty_init(&d, UINT64_MAX) == -1);
    EXPECT(vms_dirty_init(&d, 64) == 0);
    vms_dirty_mark_range(&d, 0, 64);
    EXPECT(vms_dirty_next(&d, 0, &first) == 64 && first == 0);
    vms_dirty_clear(&d);
}

static void shadows(void)
{
    uint8_t memory[4 * 1024], shadow[4 * 1024];
    vms_dirty d;
    memset(memory, 1, sizeof memory), memset(shadow, 1, sizeof shadow);
    EXPECT(vms_dirty_init(&d, 4) == 0 && vms_dirty_compare(&d, memory, shadow, 1024) == 0);
    memory[1023] = 2, memory[3072] = 3;
    EXPECT(vms_dirty_compare(&d, memory, shadow, 1024) == 2 && d.words[0] == 9);
    EXPECT(memcmp(memory, shadow, sizeof memory) == 0 && vms_dirty_compare(&d, memory, shadow, 1024) == 0);
    vms_dirty_clear(&d);
}

enum { PAGES = 64, WRITES = 20000, WRITERS = 3 };

static uint32_t guest[PAGES];
static vms_dirty marks;
static int running;

static void *write_and_mark(void *argument)
{
    uint32_t seed = (uint32_t)(size_t)argument;
    for (int i = 0; i < WRITES; i++) {
        seed = seed * 1664525u + 1013904223u;
        __atomic_fetch_add(&guest[seed >> 26], 1, __ATOMIC_RELAXED);
        vms_dirty_mark(&marks, seed >> 26);
    }
    __atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Writers mark what they wrote while somebody copies what is marked: in the end the copy is whole. */
static void threads_lose_nothing(void)
{
    pthread_t thread[WRITERS];
    uint32_t copy[PAGES] = {0};
    vms_dirty pending;
    EXPECT(vms_dirty_init(&marks, PAGES) == 0 && vms_dirty_init(&pending, PAGES) == 0);
    running = WRITERS;
    for (size_t i = 0; i < WRITERS; i++)
        EXPECT(pthread_create(&thread[i], NULL, write_and_mark, (void *)(i + 1)) == 0);
    for (bool last = false;;) {
        uint64_t page, count;
        vms_dirty_fetch(&marks, &pending);
        while ((count = vms_dirty_next(&pending, 0, &page)) != 0)
            for (; count; count--, page++)
                if (vms_dirty_take(&pending, page))
                    copy[page] = __atomic_load_n(&guest[page], __ATOMIC_RELAXED);
        if (last)
            break;
        last = __atomic_load_n(&running, __ATOMIC_SEQ_CST) == 0;
    }
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(thread[i], NULL);
    uint32_t sum = 0;
    for (size_t i = 0; i < PAGES; i++)
        sum += copy[i];
    EXPECT(memcmp(copy, guest, sizeof copy) == 0 && sum == WRITERS * WRITES);
    vms_dirty_clear(&marks);
    vms_dirty_clear(&pending);
}

static uint8_t *map(size_t size, int flags)
{
    void *m = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    EXPECT(m != MAP_FAILED);
    return (uint8_t *)m;
}

/* Only where the probe says that it works; the program says what it ran. */
static void userfault(int flags)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 3000;
    uint8_t *m = map(pages * page, flags);
    vms_userfault u;
    vms_dirty d;
    EXPECT(vms_dirty_init(&d, pages) == 0);
    m[5 * page] = 1;
    EXPECT(vms_userfault_start(&u, m, pages * page) == 0);
    EXPECT(vms_userfault_collect(&u, &d, page) == 0 && vms_dirty_count(&d) == 0);
    for (size_t i = 0; i < pages; i += 2)       /* more pieces than one look of the kernel's hands over */
        m[i * page + i % page] = 1;
    EXPECT(vms_userfault_collect(&u, &d, page) == 0 && vms_dirty_count(&d) == pages / 2);
    for (size_t i = 0; i < pages; i++)
        EXPECT(vms_dirty_take(&d, i) == (i % 2 == 0));
    unsigned read = 0;
    for (size_t i = 0; i < pages; i++)
        read += ((volatile uint8_t *)m)[i * page];
    EXPECT(read > 0 && vms_userfault_collect(&u, &d, page) == 0 && vms_dirty_count(&d) == 0);
    m[2 * page] = 3;
    EXPECT(vms_userfault_collect(&u, &d, page) == 0 && d.words[0] == 4 && vms_dirty_count(&d) == 1);
    EXPECT(vms_userfault_collect(&u, &d, page / 4) == 0 && vms_dirty_count(&d) == 1);
    m[3 * page] = 3;        /* smaller pages of the guest: all that the host's page holds */
    EXPECT(vms_userfault_collect(&u, &d, page / 4) == 0 && d.words[0] == (4 | 0xf000) && vms_dirty_count(&d) == 5);
    vms_userfault_stop(&u);
    m[7 * page] = 1;
    EXPECT(vms_userfault_collect(&u, &d, page) < 0);
    vms_dirty_clear(&d);
    munmap(m, pages * page);
}

/* A forked process knows that what it was handed down is about other memory; it takes nothing from it, and has its own. */
static void userfault_in_a_fork(void)
{
    enum { PAGES_HERE = 4 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *m = map(PAGES_HERE * page, MAP_PRIVATE);
    vms_userfault u;
    uint64_t word = 0;
    vms_dirty d = {&word, PAGES_HERE};
    int go[2];
    char byte;
    EXPECT(pipe(go) == 0 && vms_userfault_start(&u, m, PAGES_HERE * page) == 0);
    m[0] = 1;
    pid_t child = fork();
    EXPECT(child >= 0);
    if (!child) {
        vms_userfault own;
        close(go[1]);
        EXPECT(vms_userfault_lost(&u) && vms_userfault_collect(&u, &d, page) == -ESTALE && word == 0);
        EXPECT(vms_userfault_start(&own, m, PAGES_HERE * page) == 0 && !vms_userfault_lost(&own));
        m[page] = 2;
        EXPECT(vms_userfault_collect(&own, &d, page) == 0 && word == 2);
        vms_userfault_stop(&own);
        EXPECT(read(go[0], &byte, 1) == 0);     /* until the other one is done */
        vms_userfault_stop(&u);
        _exit(0);
    }
    close(go[0]);
    m[3 * page] = 3;
    EXPECT(!vms_userfault_lost(&u) && vms_userfault_collect(&u, &d, page) == 0 && word == 9);
    /* Stopped, and started again, with the descriptor still open there. */
    vms_userfault_stop(&u);
    EXPECT(vms_userfault_start(&u, m, PAGES_HERE * page) == 0);
    m[2 * page] = 4;
    word = 0;
    int status;
    close(go[1]);
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    EXPECT(vms_userfault_collect(&u, &d, page) == 0 && word == 4);
    vms_userfault_stop(&u);
    munmap(m, PAGES_HERE * page);
}

static void softdirty(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *m = map(600 * page, MAP_PRIVATE);
    vms_softdirty s;
    vms_dirty d;
    memset(m, 1, 600 * page);
    EXPECT(vms_dirty_init(&d, 600) == 0 && vms_softdirty_start(&s) == 0);
    m[2 * page] = 1, m[599 * page] = 1;
    EXPECT(vms_softdirty_collect(&s, m, 600 * page, &d, page) == 0 && d.words[0] == 4 && vms_dirty_count(&d) == 2);
    EXPECT(vms_softdirty_restart(&s) == 0 && !vms_softdirty_lost(&s));
    pid_t child = fork();
    if (!child)
        _exit(vms_softdirty_lost(&s) && vms_softdirty_restart(&s) == -ESTALE
                      && vms_softdirty_collect(&s, m, page, &d, page) == -ESTALE
                  ? 0
                  : 1);
    int status;
    EXPECT(waitpid(child, &status, 0) == child && status == 0);
    vms_softdirty_stop(&s);
    vms_dirty_clear(&d);
    munmap(m, 600 * page);
}

int main(void)
{
    bits_and_runs();
    shadows();
    threads_lose_nothing();
    int works = vms_userfault_probe(), soft = vms_softdirty_probe();
    if (works) {
        userfault(MAP_PRIVATE);
        userfault(MAP_SHARED);
        userfault_in_a_fork();
    } else {
        vms_userfault u;
        uint8_t byte;
        EXPECT(vms_userfault_start(&u, &byte, 0) < 0 && u.fd == -1);
    }
    if (soft)
        softdirty();
    printf("dirty: all is well (userfaultfd %s, soft-dirty %s)\n", works ? "tried" : "absent", soft ? "tried" : "absent");
    return 0;
}
