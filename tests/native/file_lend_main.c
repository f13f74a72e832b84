/* Bytes that are lent: gathered from where they are, in their order with what is put; copied where that is no slower. */
#define _GNU_SOURCE

#include "program.h"
#include "vms_file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 1000 };

static uint8_t pages[PAGES][PAGE];

/* Two ends of a connection over TCP, which gathers. */
static void connect_both(int ends[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT(listener >= 0 && !bind(listener, (struct sockaddr *)&address, size) && !listen(listener, 1));
    EXPECT(!getsockname(listener, (struct sockaddr *)&address, &size));
    EXPECT((ends[1] = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && !connect(ends[1], (struct sockaddr *)&address, size));
    EXPECT((ends[0] = accept(listener, NULL, NULL)) >= 0 && !close(listener));
}

/* So that the other end hears of it at once, as of an error. */
static void reset(int fd)
{
    struct linger now = {1, 0};
    EXPECT(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) && !close(fd));
}

static vms_file *writing_to(int fd)
{
    vms_descriptors d = {.in = -1, .out = fd, .idle_ms = -1};
    vms_file *f;
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    return f;
}

static void put_word(vms_writer *w, uint64_t word)
{
    uint8_t *p = vms_room(w, 8);
    EXPECT(p);
    vms_put64(p, word);
}

/* A word and a page, as a vms_ram_sender does it; every seventh is put in place of being lent. */
static void put_all(vms_file *f)
{
    vms_writer *w = vms_file_writer(f);
    for (size_t i = 0; i < PAGES; i++) {
        put_word(w, i);
        if (i % 7)
            EXPECT(vms_file_lend(w, pages[i], PAGE) == 0);
        else
            EXPECT(vms_file_put_buffer(f, pages[i], PAGE) == 0);
        EXPECT(vms_file_put_position(f) == (i + 1) * (8 + PAGE));
    }
    EXPECT(vms_file_lend(w, NULL, 0) == 0 && vms_file_put_byte(f, 0x7e) == 0);
    EXPECT(vms_file_put_position(f) == PAGES * (8 + PAGE) + 1);
}

static void fill(void)
{
    for (size_t i = 0; i < PAGES; i++)
        for (size_t at = 0; at < PAGE; at++)
            pages[i][at] = (uint8_t)(i * 7 + at * 3 + at / 256);
}

static void expect_all(vms_file *f)
{
    uint8_t page[PAGE], byte;
    for (size_t i = 0; i < PAGES; i++) {
        uint64_t word;
        EXPECT(vms_file_get_be64(f, &word) == 0 && word == i);
        EXPECT(vms_file_get_buffer(f, page, PAGE) == 0 && memcmp(page, pages[i], PAGE) == 0);
    }
    EXPECT(vms_file_get_byte(f, &byte) == 0 && byte == 0x7e && vms_file_at_end(f) == 1);
}

static void *sender(void *argument)
{
    vms_file *f = (vms_file *)argument;
    put_all(f);
    EXPECT(vms_file_close(f) == 0);
    vms_file_free(f);
    return NULL;
}

/* Sockets with little room take some of the bytes at a time: in the middle of a page, of a word. */
static void through(int from, int to)
{
    pthread_t thread;
    vms_descriptors d = {.in = from, .out = -1, .idle_ms = -1};
    vms_file *f;
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    EXPECT(pthread_create(&thread, NULL, sender, writing_to(to)) == 0);
    expect_all(f);
    EXPECT(pthread_join(thread, NULL) == 0 && vms_file_close(f) == 0);
    vms_file_free(f);
}

static void through_memory(void)
{
    vms_file *f = vms_file_to_memory();
    EXPECT(f);
    put_all(f);
    size_t size;
    const uint8_t *memory = vms_file_memory(f, &size);
    vms_file *back = vms_file_from_memory(memory, size);
    EXPECT(back);
    expect_all(back);
    vms_file_free(back);
    vms_file_free(f);
}

/* What is lent is read when it is handed on, and not after. */
static void when_it_is_read(void)
{
    int ends[2];
    uint8_t lent[3] = "abc", got[8];
    connect_both(ends);
    vms_file *f = writing_to(ends[1]);
    vms_writer *w = vms_file_writer(f);
    EXPECT(vms_file_put_byte(f, '<') == 0 && vms_file_lend(w, lent, 3) == 0 && vms_file_put_byte(f, '>') == 0);
    lent[1] = 'B';
    EXPECT(vms_file_put_position(f) == 5 && vms_file_lend(w, NULL, 0) == 0);
    lent[1] = 'X';
    EXPECT(vms_file_lend(w, NULL, 0) == 0 && vms_file_put_byte(f, '.') == 0 && vms_file_close(f) == 0);
    EXPECT(recv(ends[0], got, 6, MSG_WAITALL) == 6 && memcmp(got, "<aBc>.", 6) == 0);
    vms_file_free(f);
    close(ends[0]);
}

/* Some of each length, with a byte before and behind. The peer reads meanwhile, little by little. */
static const size_t lengths[] = {2, 1023, 2, 1024, 2, 300000, 0, 65536, 1};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], TIMES = 40 };

static void *parts_sender(void *opaque)
{
    static vms_file_part parts[TIMES * LENGTHS];
    vms_file *f = opaque;
    size_t count = 0, size = 2;
    for (size_t i = 0; i < TIMES; i++)
        for (size_t n = 0; n < LENGTHS; n++) {
            parts[count++] = (vms_file_part){pages[i] + n, lengths[n]};
            size += lengths[n];
        }
    EXPECT(vms_file_put_byte(f, '<') == 0 && vms_file_put_parts(f, parts, count) == 0 && vms_file_put_byte(f, '>') == 0);
    EXPECT(vms_file_put_position(f) == size && vms_file_put_parts(f, parts, 0) == 0 && vms_file_close(f) == 0);
    vms_file_free(f);
    return NULL;
}

static void all_parts(int from, int to)
{
    static uint8_t got[300000];
    pthread_t thread;
    vms_descriptors d = {.in = from, .out = -1, .idle_ms = -1};
    vms_file *f;
    uint8_t byte;
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    EXPECT(pthread_create(&thread, NULL, parts_sender, writing_to(to)) == 0);
    EXPECT(vms_file_get_byte(f, &byte) == 0 && byte == '<');
    for (size_t i = 0; i < TIMES; i++)
        for (size_t n = 0; n < LENGTHS; n++) {
            EXPECT(vms_file_get_buffer(f, got, lengths[n]) == 0);
            EXPECT(memcmp(got, pages[i] + n, lengths[n]) == 0);
        }
    EXPECT(vms_file_get_byte(f, &byte) == 0 && byte == '>' && vms_file_at_end(f) == 1);
    EXPECT(pthread_join(thread, NULL) == 0 && vms_file_close(f) == 0);
    vms_file_free(f);
}

static void parts_refused(void)
{
    int ends[2];
    const vms_file_part parts[] = {{"a", 1}, {pages[0], PAGE}, {"", 0}};
    connect_both(ends);
    vms_file *f = writing_to(ends[1]);
    vms_file_cancel(f);
    EXPECT(vms_file_put_parts(f, parts, 3) == -ECANCELED && vms_file_put_parts(f, parts, 1) == -ECANCELED);
    EXPECT(vms_file_close(f) == -ECANCELED && vms_file_put_parts(f, parts, 0) != 0);
    vms_file_free(f);
    vms_descriptors only_in = {.in = ends[0], .out = -1, .idle_ms = -1};
    EXPECT(vms_file_on_descriptors(&f, &only_in) == 0 && vms_file_put_parts(f, parts, 3) == -EBADF);
    EXPECT(vms_file_close(f) == 0);
    vms_file_free(f);
    f = vms_file_to_memory();
    size_t size;
    EXPECT(f && vms_file_put_parts(f, parts, 3) == 0 && vms_file_memory(f, &size)[0] == 'a' && size == 1 + PAGE);
    vms_file_free(f);
}

static void refused(void)
{
    int ends[2];
    connect_both(ends);
    vms_file *f = writing_to(ends[1]);
    vms_writer *w = vms_file_writer(f);
    uint64_t offset;
    EXPECT(vms_file_put_be32(f, 1) == 0 && vms_file_flush(f) == 0);
    reset(ends[0]);
    EXPECT(vms_file_lend(w, pages[0], PAGE) == 0 && vms_file_lend(w, NULL, 0) == -ECONNRESET);
    EXPECT(vms_file_error(f, VMS_FILE_PUTTING, &offset) == -ECONNRESET && offset == 4 && vms_file_put_position(f) == 4);
    EXPECT(vms_file_lend(w, pages[0], PAGE) == -ECONNRESET && vms_file_put_byte(f, 1) == -ECONNRESET);
    EXPECT(vms_file_close(f) == -ECONNRESET && vms_file_lend(w, pages[0], PAGE) == -ECONNRESET);
    vms_file_free(f);

    connect_both(ends);
    f = writing_to(ends[1]);
    w = vms_file_writer(f);
    EXPECT(vms_file_lend(w, pages[0], PAGE) == 0);
    vms_file_cancel(f);
    EXPECT(vms_file_lend(w, NULL, 0) == -ECANCELED && vms_file_close(f) == -ECANCELED);
    vms_file_free(f);
    close(ends[0]);
}

/* Who is asked whether a wait shall end may not use the file that waits. */
static int meddle(void *opaque)
{
    vms_file *f = *(vms_file **)opaque;
    EXPECT(vms_file_put_byte(f, 1) == -EDEADLK && vms_file_flush(f) == -EDEADLK && vms_file_close(f) == -EDEADLK);
    return 1;
}

static void not_from_within(void)
{
    int ends[2], little = 5000;
    vms_file *f;
    connect_both(ends);
    EXPECT(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
    EXPECT(setsockopt(ends[0], SOL_SOCKET, SO_RCVBUF, &little, sizeof little) == 0);
    vms_descriptors d = {.in = -1, .out = ends[1], .idle_ms = -1, .interrupted = meddle, .opaque = &f};
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    int error = 0;
    for (size_t i = 0; i < PAGES && !error; i++)    /* nobody reads: sooner or later it waits */
        error = vms_file_lend(vms_file_writer(f), pages[i], PAGE);
    EXPECT(error == -EINTR && vms_file_close(f) == -EINTR);
    vms_file_free(f);
    close(ends[0]);
}

int main(void)
{
    int ends[2], little = 5000;
    fill();
    EXPECT(pipe(ends) == 0);
    through(ends[0], ends[1]);
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    EXPECT(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
    through(ends[0], ends[1]);
    connect_both(ends);
    EXPECT(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
    through(ends[0], ends[1]);
    EXPECT(pipe(ends) == 0);
    all_parts(ends[0], ends[1]);
    connect_both(ends);
    EXPECT(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
    all_parts(ends[0], ends[1]);
    parts_refused();
    through_memory();
    when_it_is_read();
    refused();
    not_from_within();
    puts("file_lend: all is well");
    return 0;
}
