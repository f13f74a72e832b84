/* Files on descriptors: every kind, both ways; waiting that ends; descriptors that are left as they were. */
#define _GNU_SOURCE

#include "program.h"
#include "vms_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SIZE ((size_t)3 * 1024 * 1024 + 17)

static uint8_t *pattern(void)
{
    uint8_t *data = (uint8_t *)malloc(SIZE);
    EXPECT(data);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 31 + i / 4099);
    return data;
}

static vms_file *open_on(int in, int out, int64_t idle_ms)
{
    vms_descriptors d = {.in = in, .out = out, .idle_ms = idle_ms};
    vms_file *f;
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    return f;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Every kind ----------------------------------------------------------------------------------------------------- */

static void *writer_thread(void *argument)
{
    vms_file *f = (vms_file *)argument;
    uint8_t *data = pattern();
    EXPECT(!vms_file_put_be32(f, 0x51455621) && !vms_file_put_buffer(f, data, SIZE));
    for (size_t i = 0; i < 1000; i++)
        EXPECT(!vms_file_put_buffer(f, data + i, 1000));
    EXPECT(!vms_file_put_byte(f, 0x7e) && !vms_file_close(f));
    vms_file_free(f);
    free(data);
    return NULL;
}

static void read_all(vms_file *f, bool to_the_end)
{
    uint8_t *data = pattern(), *back = (uint8_t *)malloc(SIZE), byte;
    uint32_t word;
    EXPECT(back && !vms_file_get_be32(f, &word) && word == 0x51455621);
    EXPECT(!vms_file_get_buffer(f, back, SIZE) && memcmp(back, data, SIZE) == 0);
    for (size_t i = 0; i < 1000; i++)
        EXPECT(!vms_file_get_buffer(f, back, 1000) && memcmp(back, data + i, 1000) == 0);
    EXPECT(!vms_file_get_byte(f, &byte) && byte == 0x7e && vms_file_get_position(f) == SIZE + 1000005);
    EXPECT(!to_the_end || vms_file_at_end(f) == 1);
    EXPECT(!vms_file_close(f));
    vms_file_free(f);
    free(data);
    free(back);
}

static void through(int in, int out)
{
    pthread_t thread;
    vms_file *reader = open_on(in, -1, 20000);      /* first: a terminal must be raw before anything is written */
    EXPECT(!pthread_create(&thread, NULL, writer_thread, open_on(-1, out, 20000)));
    read_all(reader, true);
    EXPECT(!pthread_join(thread, NULL));
    EXPECT(fcntl(in, F_GETFD) < 0 && fcntl(out, F_GETFD) < 0);      /* they were the files' */
}

static void kinds(void)
{
    int ends[2];
    EXPECT(!pipe(ends));
    through(ends[0], ends[1]);
    EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    through(ends[0], ends[1]);
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT(master >= 0 && !grantpt(master) && !unlockpt(master));
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    EXPECT(slave >= 0);
    through(master, slave);

    char path[] = "file-test-XXXXXX";
    int fd = mkstemp(path);
    EXPECT(fd >= 0 && write(fd, "head", 4) == 4);
    writer_thread(open_on(-1, dup(fd), 0));
    EXPECT(lseek(fd, 4, SEEK_SET) == 4);
    read_all(open_on(fd, -1, 0), true);
    EXPECT(!unlink(path));
}

/* One socket, both ways, two threads. */
static void *answer(void *argument)
{
    vms_file *f = (vms_file *)argument;
    for (uint32_t i = 0, value; i < 1000; i++)
        EXPECT(!vms_file_get_be32(f, &value) && value == i && !vms_file_put_be32(f, ~i) && !vms_file_flush(f));
    EXPECT(!vms_file_close(f));
    vms_file_free(f);
    return NULL;
}

static void both_ways(void)
{
    int ends[2];
    pthread_t thread;
    EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    vms_file *f = open_on(ends[0], ends[0], 20000);
    EXPECT(!pthread_create(&thread, NULL, answer, open_on(ends[1], ends[1], 20000)));
    for (uint32_t i = 0, value; i < 1000; i++)
        EXPECT(!vms_file_put_be32(f, i) && !vms_file_flush(f) && !vms_file_get_be32(f, &value) && value == ~i);
    EXPECT(!pthread_join(thread, NULL) && vms_file_at_end(f) == 1 && !vms_file_close(f));
    vms_file_free(f);
}

/* Waiting -------------------------------------------------------------------------------------------------------- */

static void idle(void)
{
    int ends[2];
    uint8_t byte, *data = pattern();
    EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    vms_file *f = open_on(ends[0], ends[0], 60);
    double start = seconds();
    EXPECT(vms_file_get_byte(f, &byte) == -ETIMEDOUT && seconds() - start >= 0.055 && seconds() - start < 5);
    vms_file_set_idle(f, 30);
    EXPECT(vms_file_put_buffer(f, data, SIZE) == -ETIMEDOUT && vms_file_close(f) == -ETIMEDOUT);
    vms_file_free(f);
    close(ends[1]);
    free(data);
}

static void *cancel_soon(void *argument)
{
    struct timespec pause = {0, 50 * 1000000};
    nanosleep(&pause, NULL);
    vms_file_cancel((vms_file *)argument);
    return NULL;
}

static void cancelled(bool writing, bool socket, bool keep)
{
    int ends[2];
    uint8_t byte, *data = pattern();
    pthread_t thread;
    EXPECT(!(socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends)));
    vms_descriptors d = {.in = writing ? -1 : ends[0], .out = writing ? ends[1] : -1, .keep = keep, .idle_ms = -1};
    vms_file *f;
    EXPECT(!vms_file_on_descriptors(&f, &d));
    EXPECT(!pthread_create(&thread, NULL, cancel_soon, f));
    EXPECT((writing ? vms_file_put_buffer(f, data, SIZE) : vms_file_get_byte(f, &byte)) == -ECANCELED);
    EXPECT(!pthread_join(thread, NULL) && vms_file_close(f) == -ECANCELED);
    vms_file_cancel(f);                             /* late, and harmless */
    vms_file_free(f);
    if (socket)     /* what is kept is not shut down */
        EXPECT((send(ends[!writing], "x", 1, MSG_NOSIGNAL) == 1) == keep);
    EXPECT(!keep || !close(ends[writing]));
    EXPECT(fcntl(ends[writing], F_GETFD) < 0 && !close(ends[!writing]));
    free(data);
}

static int signals, asked;

static void on_alarm(int number)
{
    (void)number;
    signals++;
}

static int third_time(void *opaque)
{
    EXPECT(opaque == &asked);
    return ++asked == 3;
}

/* A send is interrupted, too, whether or not a part of it has gone. */
static void interrupted_send(void)
{
    int ends[2];
    uint8_t *data = pattern();
    struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    vms_descriptors d = {.in = -1, .out = ends[1], .idle_ms = -1, .interrupted = third_time, .opaque = &asked};
    vms_file *f;
    asked = 0;
    EXPECT(!vms_file_on_descriptors(&f, &d) && !setitimer(ITIMER_REAL, &often, NULL));
    EXPECT(vms_file_put_buffer(f, data, SIZE) == -EINTR && asked == 3);
    EXPECT(!setitimer(ITIMER_REAL, &never, NULL));
    vms_file_free(f);
    close(ends[0]);
    free(data);
}

static void interrupted(void)
{
    int ends[2];
    uint8_t byte;
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    EXPECT(!pipe(ends) && !sigaction(SIGALRM, &action, NULL));
    vms_descriptors d = {.in = ends[0], .out = -1, .idle_ms = -1, .interrupted = third_time, .opaque = &asked};
    vms_file *f;
    EXPECT(!vms_file_on_descriptors(&f, &d) && !setitimer(ITIMER_REAL, &often, NULL));
    EXPECT(vms_file_get_byte(f, &byte) == -EINTR && asked == 3 && signals >= 3);
    vms_file_free(f);
    /* Nobody to ask: signals do not end a wait, and do not lengthen it. */
    EXPECT((ends[0] = dup(ends[1])) >= 0 && !close(ends[0]) && !close(ends[1]) && !pipe(ends));
    f = open_on(ends[0], -1, 100);
    double start = seconds();
    EXPECT(vms_file_get_byte(f, &byte) == -ETIMEDOUT && seconds() - start < 5);
    EXPECT(!setitimer(ITIMER_REAL, &never, NULL));
    vms_file_free(f);
    close(ends[1]);
}

/* A peer that is gone, and what is left behind ---------------------------------------------------------------------- */

static void gone(void)
{
    int ends[2];
    uint8_t *data = pattern();
    EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends) && !close(ends[1]));
    vms_file *f = open_on(ends[0], ends[0], -1);
    EXPECT(vms_file_put_buffer(f, data, SIZE) == -EPIPE);       /* and no SIGPIPE */
    EXPECT(vms_file_at_end(f) == 1 && vms_file_close(f) == -EPIPE);
    vms_file_free(f);
    free(data);
}

static void kept(void)
{
    int ends[2];
    EXPECT(!pipe(ends));
    int flags = fcntl(ends[1], F_GETFL);
    vms_descriptors d = {.in = -1, .out = ends[1], .keep = true, .idle_ms = 1000};
    vms_file *f;
    EXPECT(!vms_file_on_descriptors(&f, &d) && fcntl(ends[1], F_GETFL) == (flags | O_NONBLOCK));
    EXPECT(vms_file_descriptor(f, true) == ends[1] && vms_file_descriptor(f, false) == -1);
    EXPECT(!vms_file_put_be16(f, 0x4142) && vms_file_seek(f, 0) == -ESPIPE && !vms_file_close(f));
    EXPECT(vms_file_descriptor(f, true) == -1);
    vms_file_free(f);
    char text[3] = "";
    EXPECT(fcntl(ends[1], F_GETFL) == flags && read(ends[0], text, 2) == 2 && strcmp(text, "AB") == 0);

    /* Refused: nothing was taken over. */
    vms_file *untouched = NULL;
    d = (vms_descriptors){.in = ends[1], .out = -1};
    EXPECT(vms_file_on_descriptors(&untouched, &d) == -EBADF && !untouched);
    d = (vms_descriptors){.in = -1, .out = 9999};
    EXPECT(vms_file_on_descriptors(&untouched, &d) == -EBADF);
    d = (vms_descriptors){.in = -1, .out = -1};
    EXPECT(vms_file_on_descriptors(&untouched, &d) == -EBADF && !untouched);
    EXPECT(fcntl(ends[1], F_GETFL) == flags && !close(ends[0]) && !close(ends[1]));
}

static int lowest(void)
{
    int fd = dup(0);
    EXPECT(fd >= 0 && !close(fd));
    return fd;
}

/* The file has copies; those named may be closed at any time. */
static void copied_ones(void)
{
    int ends[2];
    vms_file *f, *untouched = NULL;
    EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    vms_descriptors d = {.in = ends[0], .out = ends[0], .idle_ms = 1000, .copy = true};
    EXPECT(!vms_file_on_descriptors(&f, &d) && !close(ends[0]));
    EXPECT(vms_file_descriptor(f, true) == vms_file_descriptor(f, false) && vms_file_descriptor(f, true) != ends[0]);
    EXPECT(fcntl(vms_file_descriptor(f, true), F_GETFD) == FD_CLOEXEC);
    EXPECT(!vms_file_put_be16(f, 0x4142) && !vms_file_close(f));
    vms_file_free(f);
    char text[3] = "";
    EXPECT(read(ends[1], text, 3) == 2 && strcmp(text, "AB") == 0 && read(ends[1], text, 1) == 0 && !close(ends[1]));

    /* Refused: no copy is left. */
    EXPECT(!pipe(ends));
    int free_from = lowest();
    d = (vms_descriptors){.in = ends[0], .out = -1, .copy = true, .keep = true};
    EXPECT(vms_file_on_descriptors(&untouched, &d) == -EINVAL && !untouched && lowest() == free_from);
    d = (vms_descriptors){.in = ends[1], .out = ends[0], .copy = true};
    EXPECT(vms_file_on_descriptors(&untouched, &d) == -EBADF && !untouched && lowest() == free_from);
    d = (vms_descriptors){.in = ends[0], .out = 9999, .copy = true};
    EXPECT(vms_file_on_descriptors(&untouched, &d) == -EBADF && !untouched && lowest() == free_from);
    EXPECT(!close(ends[0]) && !close(ends[1]));
}

static void seeking(void)
{
    char path[] = "file-test-XXXXXX", text[16] = "";
    int fd = mkstemp(path);
    uint8_t byte;
    EXPECT(fd >= 0 && write(fd, "....", 4) == 4);
    vms_file *f = open_on(fd, fd, 0);
    EXPECT(!vms_file_put_buffer(f, "abcdef", 6) && !vms_file_seek(f, 2) && vms_file_put_position(f) == 2);
    EXPECT(!vms_file_put_byte(f, 'C') && vms_file_put_position(f) == 3 && !vms_file_seek(f, 1));
    EXPECT(!vms_file_get_byte(f, &byte) && byte == 'b' && vms_file_get_position(f) == 2);
    EXPECT(vms_file_get_some(f, text, 16) == 4 && memcmp(text, "Cdef", 4) == 0 && vms_file_at_end(f) == 1);
    EXPECT(!vms_file_seek(f, 5) && !vms_file_get_byte(f, &byte) && byte == 'f');
    EXPECT(vms_file_seek(f, UINT64_MAX) == -EINVAL && !vms_file_close(f));
    vms_file_free(f);
    EXPECT(!unlink(path));
}

int main(void)
{
    kinds();
    both_ways();
    idle();
    for (int i = 0; i < 8; i++)
        cancelled(i & 1, i & 2, i & 4);
    interrupted();
    interrupted_send();
    gone();
    kept();
    copied_ones();
    seeking();
    puts("file_descriptor: all is well");
    return 0;
}
