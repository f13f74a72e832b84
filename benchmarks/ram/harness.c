/* What is timed beside the library, and what is counted by callgrind.
 *
 * As a shared object: memcpy of the same memory to /dev/null, and a bitmap's scan. As a program:
 *     harness send|zero|load|xbzrle COUNT [WORDS]
 * COUNT pages, through the library's functions; of each page WORDS of 8 bytes, evenly spread, are changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vms_ram.h"

enum { PAGE = 4096, PIECE = VMS_RAM_ROOM };

static uint8_t room[PIECE];

/* Copies to a buffer that stays in the cache, and writes it: what any way to send pages has to do at least. */
int bench_memcpy(const uint8_t *memory, size_t size, int fd)
{
    for (size_t at = 0; at < size; at += PIECE) {
        size_t n = size - at < PIECE ? size - at : PIECE;
        memcpy(room, memory + at, n);
        if (write(fd, room, n) != (ssize_t)n)
            return -1;
    }
    return 0;
}

/* The library's own functions over a writer that does the same. */
typedef struct sink {
    vms_writer writer;
    int fd;
} sink;

static int sink_flush(vms_writer *w, size_t need)
{
    sink *s = (sink *)w;
    size_t n = (size_t)(w->p - room);
    w->p = room;
    return need > PIECE || write(s->fd, room, n) != (ssize_t)n ? -1 : 0;
}

static int pages(const uint8_t *memory, size_t size, int fd)
{
    vms_ram_block block = {.name = "ram", .host = (uint8_t *)(uintptr_t)memory, .used_length = size};
    vms_ram ram = {.blocks = &block, .count = 1, .page_size = PAGE};
    vms_ram_sender s;
    sink to;
    vms_ram_sender_init(&s, &ram);
    vms_writer_init(&to.writer, room, PIECE);
    to.writer.flush = sink_flush;
    to.fd = fd;
    return vms_ram_send_pages(&s, &to.writer, 0, 0, size / PAGE) || sink_flush(&to.writer, 0);
}

int bench_pages(const uint8_t *memory, size_t size, int fd) { return pages(memory, size, fd); }

/* The bits of a bitmap as runs, which are added up so that nothing is left out. */
uint64_t bench_scan(const vms_dirty *d)
{
    uint64_t first, count, sum = 0;
    for (uint64_t from = 0; (count = vms_dirty_next(d, from, &first)) != 0; from = first + count)
        sum += count;
    return sum;
}

int bench_encode(const uint8_t *before, const uint8_t *after, size_t count, uint8_t *out)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += vms_xbzrle_encode(before + i * PAGE, after + i * PAGE, PAGE, out, PAGE);
    return sum;
}

/* memcpy of as many pages to as much other memory: what keeping the cache up to date costs at least. */
int bench_copy(const uint8_t *from, size_t count, uint8_t *to)
{
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * PAGE, from + i * PAGE, PAGE);
    return to[0];
}

#ifdef PROGRAM
static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "harness: %s\n", what);
    exit(1);
}

static int load(const uint8_t *stream, size_t size, uint8_t *memory, size_t length)
{
    vms_ram_block block = {.name = "ram", .host = memory, .used_length = length};
    vms_ram ram = {.blocks = &block, .count = 1, .page_size = PAGE};
    vms_ram_loader l;
    vms_reader r;
    vms_reader_init(&r, stream, size);
    int result = vms_ram_loader_init(&l, &ram, 0) || vms_ram_load(&l, &r);
    vms_ram_loader_clear(&l);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        fail("usage: harness send|zero|load|xbzrle COUNT [WORDS]");
    size_t count = (size_t)strtoul(argv[2], NULL, 10), size = count * PAGE;
    uint8_t *memory = (uint8_t *)aligned_alloc(PAGE, size), *other = (uint8_t *)aligned_alloc(PAGE, size);
    uint8_t *stream = (uint8_t *)malloc(size + count * 8 + 64);
    if (!memory || !other || !stream)
        fail("no memory");
    memset(memory, strcmp(argv[1], "zero") == 0 ? 0 : 1, size);
    memcpy(other, memory, size);
    if (strcmp(argv[1], "send") == 0 || strcmp(argv[1], "zero") == 0)
        return pages(memory, size, 1);
    if (strcmp(argv[1], "load") == 0) {
        vms_ram_block block = {.name = "ram", .host = memory, .used_length = size};
        vms_ram ram = {.blocks = &block, .count = 1, .page_size = PAGE};
        vms_ram_sender s;
        vms_writer w;
        vms_ram_sender_init(&s, &ram);
        vms_writer_init(&w, stream, size + count * 8 + 64);
        if (vms_ram_send_blocks(&s, &w))
            fail("the list");
        for (size_t at = 0; at < size; at += PAGE) {    /* by hand: the sender wants more room than it uses */
            uint8_t *p = vms_room(&w, at ? 8 : 12);
            if (!p)
                fail("no room");
            vms_put64(p, at | (at ? 0x28 : 0x08));
            if (!at)
                memcpy(p + 8, "\3ram", 4);
            memcpy(vms_room(&w, PAGE), memory + at, PAGE);
        }
        if (vms_ram_send_end(&w) || load(stream, (size_t)(w.p - stream), other, size))
            fail("the load");
        return 0;
    }
    if (strcmp(argv[1], "xbzrle") == 0 && argc == 4) {
        size_t words = (size_t)strtoul(argv[3], NULL, 10);
        for (size_t page = 0; page < count; page++)
            for (size_t i = 0; i < words; i++)
                memset(other + page * PAGE + i * (PAGE / words) + 8, 0xa5, 8);
        return bench_encode(memory, other, count, stream) < 0;
    }
    fail("unknown");
}
#endif
