/* A generated device in a C program, without Python: bytes, cursors, hooks, refusals. */
#include "program.h"
#include "uart.h"

static int calls, fail;

static int note_post_load(struct uart *s, uint32_t version, void *opaque)
{
    EXPECT(opaque == &calls);
    EXPECT(s->divider == 0x0102);
    calls += (int)version;
    return fail;
}

static const uart_hooks hooks = {.post_load = note_post_load};

static const uint8_t quiet[] = {1, 2, 3, 0x60, 4};

static size_t save(struct uart *s, uint8_t *out, size_t size)
{
    vms_writer w;
    vms_writer_init(&w, out, size);
    EXPECT(uart_save(s, &w, NULL) == 0);
    return (size_t)(w.p - out);
}

static void bytes_and_reset(void)
{
    struct uart s;
    uint8_t out[128];
    uart_init(&s);
    EXPECT(s.lsr == (LineStatus_THR_EMPTY | LineStatus_TX_EMPTY));
    s.divider = 0x0102, s.ier = 3, s.fcr = 4;
    EXPECT(save(&s, out, sizeof out) == sizeof quiet && memcmp(out, quiet, sizeof quiet) == 0);
    EXPECT(uart_device.size_max == 51 && strcmp(uart_device.name, "serial") == 0 && uart_device.abi == VMS_ABI);

    vms_writer w;
    vms_writer_init(&w, out, 4);
    EXPECT(uart_save(&s, &w, NULL) == -1 && w.error.code == VMS_FULL);
    s.recv_fifo.num = 17;
    vms_writer_init(&w, out, sizeof out);
    EXPECT(uart_save(&s, &w, NULL) == -1 && w.error.code == VMS_RANGE);
    EXPECT(strcmp(w.error.path, "recv_fifo.num") == 0 && w.error.found.bits == 17 && w.error.high.bits == 16);
}

static size_t waiting(uint8_t *out, size_t size)
{
    struct uart s;
    uart_init(&s);
    s.divider = 0x0102, s.recv_fifo.num = 2, s.recv_fifo.head = 15;
    memcpy(s.recv_fifo.data, "serial/recv_fif", 16);
    return save(&s, out, size);
}

static void hooks_run(void)
{
    struct uart s;
    vms_reader r;
    uart_init(&s);
    vms_reader_init(&r, quiet, 4);
    r.opaque = &calls;
    EXPECT(uart_load(&s, &r, 2, &hooks) == 0 && calls == 2 && s.fcr == 0);

    fail = -7;
    struct uart before = s;
    s.ier = before.ier = 99;
    vms_reader_init(&r, quiet, sizeof quiet);
    r.opaque = &calls;
    EXPECT(uart_load(&s, &r, 3, &hooks) == -1 && calls == 5);
    EXPECT(r.error.code == VMS_HOOK && r.error.found.negative && (int64_t)r.error.found.bits == -7);
    EXPECT(memcmp(&s, &before, sizeof s) == 0);
    fail = 0;
}

/* However the bytes arrive, and wherever they end: the same state or the same refusal. */
static void any_cursor_any_cut(void)
{
    uint8_t data[128], out[128];
    size_t size = waiting(data, sizeof data);
    EXPECT(size == 51);
    for (size_t cut = 0; cut <= size; cut++) {
        struct uart whole, before;
        vms_reader r;
        uart_init(&whole);
        whole.divider = 7;
        before = whole;
        vms_reader_init(&r, data, cut);
        int result = uart_load(&whole, &r, 3, NULL);
        EXPECT((result == 0) == (cut == size || cut == 5));
        EXPECT(result == 0 || memcmp(&whole, &before, sizeof whole) == 0);
        for (size_t step = 1; step <= 7; step++) {
            struct uart parts = before;
            trickle t;
            trickle_init(&t, data, cut, step);
            t.reader.whole = true;
            int again = uart_load(&parts, &t.reader, 3, NULL);
            if (result == 0)
                EXPECT(again == 0 && memcmp(&parts, &whole, sizeof parts) == 0);
            else if (r.error.code != VMS_TRAILING) {
                EXPECT(again == -1 && t.reader.error.code == r.error.code && t.reader.error.offset == r.error.offset);
                EXPECT(strcmp(t.reader.error.path, r.error.path) == 0);
            }
            free(t.buffer);
        }
    }
    struct uart s;
    vms_reader r;
    vms_reader_init(&r, data, size);
    uart_init(&s);
    EXPECT(uart_load(&s, &r, 3, NULL) == 0);
    for (size_t room = 24; room <= 64; room++) {
        drain d;
        drain_init(&d, out, room);
        EXPECT(uart_save(&s, &d.writer, NULL) == 0);
        drain_empty(&d);
        EXPECT(d.written == size && memcmp(out, data, size) == 0);
    }
}

static void what_follows_stays_unread(void)
{
    static const uint8_t stream[] = {1, 2, 3, 0x60, 4, 0x7e, 0, 0, 0, 9};
    struct uart s;
    for (size_t step = 1; step <= 10; step++) {
        trickle t;
        trickle_init(&t, stream, sizeof stream, step);
        t.reader.whole = false;
        uart_init(&s);
        EXPECT(uart_load(&s, &t.reader, 3, NULL) == 0);
        EXPECT(t.reader.end_offset - (uint64_t)(t.reader.end - t.reader.p) == 5);
        free(t.buffer);
    }
}

/* No byte string does harm, or leaves a trace where it is refused. */
static void hostile(void)
{
    uint8_t data[128], altered[160];
    size_t size = waiting(data, sizeof data);
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        memcpy(altered, data, size);
        size_t length = size;
        for (int i = 0; i < 3; i++) {
            seed = seed * 1664525u + 1013904223u;
            size_t at = (seed >> 16) % length;
            switch (seed >> 30) {
            case 0: length = at + 1; break;
            case 1: memmove(altered + at + 1, altered + at, length - at); length++; break;
            default: altered[at] = (uint8_t)(seed >> 8);
            }
        }
        struct uart s, before;
        vms_reader r;
        uart_init(&s);
        before = s;
        uint8_t *exact = (uint8_t *)malloc(length);
        EXPECT(exact);
        memcpy(exact, altered, length);
        vms_reader_init(&r, exact, length);
        if (uart_load(&s, &r, 2 + seed % 2, NULL)) {
            EXPECT(r.error.code != VMS_OK && r.error.offset <= length);
            EXPECT(memcmp(&s, &before, sizeof s) == 0);
        }
        free(exact);
    }
}

int main(void)
{
    bytes_and_reset();
    hooks_run();
    any_cursor_any_cut();
    what_follows_stays_unread();
    hostile();
    puts("uart: all is well");
    return 0;
}
