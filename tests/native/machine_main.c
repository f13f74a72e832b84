/* A whole machine in a C program: what is written, and everything that can be wrong with what is read. */
#include "program.h"
#include "uart.h"
#include "vms_machine.h"

/* Live state: eight bytes, sent in halves. */
typedef struct bytes {
    uint8_t data[8];
    int sent, loaded;
} bytes;

static int put(vms_writer *w, const void *data, size_t size)
{
    uint8_t *room = vms_room(w, size);
    if (!room)
        return -1;
    memcpy(room, data, size);
    return 0;
}

static int setup(void *opaque, vms_writer *w)
{
    ((bytes *)opaque)->sent = 0;
    return put(w, "\x08", 1);
}

static int iterate(void *opaque, vms_writer *w)
{
    bytes *b = (bytes *)opaque;
    b->sent = 4;
    return put(w, b->data, 4) ? -1 : 1;
}

static int complete(void *opaque, vms_writer *w)
{
    bytes *b = (bytes *)opaque;
    if (!b->sent && put(w, b->data, 4))
        return -1;
    return put(w, b->data + 4, 4);
}

static int load(void *opaque, vms_reader *r, vms_element_type type, uint32_t version)
{
    bytes *b = (bytes *)opaque;
    EXPECT(version == 4);
    if (type == VMS_ELEMENT_START) {
        b->loaded = 0;
        const uint8_t *p = vms_take(r, 1, "size:1");
        if (!p)
            return -1;
        return *p == 8 ? 0 : vms_refuse_text(r, VMS_FRAMING, "live", p, "another size");
    }
    size_t size = type == VMS_ELEMENT_END ? (size_t)(8 - b->loaded) : 4;
    const uint8_t *p = b->loaded + (int)size <= 8 ? vms_take(r, size, "data:1") : NULL;
    if (!p)
        return -1;
    memcpy(b->data + b->loaded, p, size);
    b->loaded += (int)size;
    return 0;
}

static const vms_live live = {4, setup, iterate, complete, load};

typedef struct board {
    struct uart one, two;
    bytes memory;
    vms_section sections[3];
    vms_machine machine;
} board;

static void make(board *b, uint32_t flags)
{
    memset(b, 0, sizeof *b);
    uart_init(&b->one);
    uart_init(&b->two);
    b->sections[0] = (vms_section){.name = "mem", .id = 2, .state = &b->memory, .live = &live};
    b->sections[1] = (vms_section){.name = "serial", .id = 0, .device = &uart_device, .state = &b->one};
    b->sections[2] = (vms_section){.name = "serial", .instance = 1, .id = 1, .device = &uart_device, .state = &b->two};
    b->machine = (vms_machine){"c", b->sections, 3, flags};
}

static const uint8_t expected[] = {
    'Q', 'E', 'V', 'M', 0, 0, 0, 3,  7, 0, 0, 0, 1, 'c',
    1, 0, 0, 0, 2, 3, 'm', 'e', 'm', 0, 0, 0, 0, 0, 0, 0, 4, 8,  0x7e, 0, 0, 0, 2,
    2, 0, 0, 0, 2, 'a', 'b', 'c', 'd',  0x7e, 0, 0, 0, 2,
    3, 0, 0, 0, 2, 'e', 'f', 'g', 'h',  0x7e, 0, 0, 0, 2,
    4, 0, 0, 0, 0, 6, 's', 'e', 'r', 'i', 'a', 'l', 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 0x60, 4,  0x7e, 0, 0, 0, 0,
    4, 0, 0, 0, 1, 6, 's', 'e', 'r', 'i', 'a', 'l', 0, 0, 0, 1, 0, 0, 0, 3, 0, 9, 0, 0x60, 0,  0x7e, 0, 0, 0, 1,
    0,
};

static void same_bytes(void)
{
    board b;
    uint8_t out[256];
    vms_writer w;
    make(&b, 0);
    memcpy(b.memory.data, "abcdefgh", 8);
    b.one.divider = 0x0102, b.one.ier = 3, b.one.fcr = 4, b.two.divider = 9;
    vms_writer_init(&w, out, sizeof out);
    EXPECT(vms_machine_begin(&b.machine, &w) == 0);
    EXPECT(vms_machine_iterate(&b.machine, &w) == 1);
    EXPECT(vms_machine_complete(&b.machine, &w) == 0);
    EXPECT((size_t)(w.p - out) == sizeof expected && memcmp(out, expected, sizeof expected) == 0);
    for (size_t room = 0; room < sizeof expected - 14; room++) {
        vms_writer_init(&w, out, room);
        EXPECT(vms_machine_save(&b.machine, &w) == -1 && w.error.code == VMS_FULL);
    }
    make(&b, VMS_MACHINE_NO_CONFIGURATION | VMS_MACHINE_NO_FOOTERS);
    b.machine.count = 0;
    vms_writer_init(&w, out, sizeof out);
    EXPECT(vms_machine_save(&b.machine, &w) == 0 && w.p - out == 9 && out[8] == 0);
}

/* By readers with all bytes, and with one more at a time. */
static int load_bytes(board *b, const uint8_t *data, size_t size, bool slowly, vms_error *error)
{
    trickle t;
    trickle_init(&t, data, size, 1);
    if (!slowly)
        vms_reader_init(&t.reader, data, size);
    int failed = vms_machine_load(&b->machine, &t.reader);
    *error = t.reader.error;
    free(t.buffer);
    return failed;
}

static void there_and_back(void)
{
    for (int slowly = 0; slowly < 2; slowly++) {
        board b;
        vms_error error;
        make(&b, 0);
        EXPECT(load_bytes(&b, expected, sizeof expected, slowly, &error) == 0);
        EXPECT(memcmp(b.memory.data, "abcdefgh", 8) == 0 && b.one.divider == 0x0102 && b.two.divider == 9);
    }
}

static void refused(size_t at, uint8_t value, vms_code code, const char *text)
{
    uint8_t data[sizeof expected];
    board b, before;
    vms_error error;
    memcpy(data, expected, sizeof data);
    data[at] = value;
    make(&b, 0);
    before = b;
    EXPECT(load_bytes(&b, data, sizeof data, false, &error) == -1);
    EXPECT(error.code == code && strcmp(error.text, text) == 0);
    EXPECT(memcmp(&b.one, &before.one, sizeof b.one) == 0 && memcmp(&b.two, &before.two, sizeof b.two) == 0);
}

static void damage(void)
{
    refused(0, 'q', VMS_FRAMING, "not a migration stream");
    refused(7, 2, VMS_FRAMING, "not a stream of version 3");
    refused(8, 4, VMS_FRAMING, "no configuration where it should be");
    refused(13, 'd', VMS_FRAMING, "the stream is of another machine");
    refused(14, 9, VMS_FRAMING, "no element of a stream, or not here");
    refused(14, 4, VMS_FRAMING, "it is not sent at once");
    refused(30, 5, VMS_VERSION, "");
    refused(41, 3, VMS_FRAMING, "no section of this id was started");
    refused(sizeof expected - 1, 4, VMS_TRUNCATED, "");
    refused(sizeof expected - 2, 2, VMS_FRAMING, "its footer has another id");
    refused(sizeof expected - 6, 0, VMS_FRAMING, "no footer where it should end");
    refused(sizeof expected - 16, 0, VMS_FRAMING, "it came already");
    refused(sizeof expected - 16, 7, VMS_FRAMING, "the machine has no such section");

    board b, before;
    vms_error error;
    for (int slowly = 0; slowly < 2; slowly++)
        for (size_t size = 0; size < sizeof expected; size++) {
            make(&b, 0);
            before = b;
            EXPECT(load_bytes(&b, expected, size, slowly, &error) == -1 && error.code == VMS_TRUNCATED);
            EXPECT(memcmp(&b.one, &before.one, sizeof b.one) == 0 && memcmp(&b.two, &before.two, sizeof b.two) == 0);
        }
    for (size_t at = 0; at < sizeof expected; at++)
        for (int bit = 0; bit < 8; bit++) {
            uint8_t data[sizeof expected];
            memcpy(data, expected, sizeof data);
            data[at] ^= (uint8_t)(1 << bit);
            make(&b, 0);
            before = b;
            if (load_bytes(&b, data, sizeof data, false, &error))
                EXPECT(memcmp(&b.one, &before.one, sizeof b.one) == 0 && memcmp(&b.two, &before.two, sizeof b.two) == 0);
        }
}

static void missing(void)
{
    uint8_t data[sizeof expected];
    size_t size = sizeof expected - 31;
    board b;
    vms_error error;
    memcpy(data, expected, size);
    data[size++] = 0;
    make(&b, 0);
    EXPECT(load_bytes(&b, data, size, false, &error) == -1);
    EXPECT(strcmp(error.text, "the stream has no such section") == 0 && strcmp(error.path, "serial") == 0);
    make(&b, VMS_MACHINE_KEEP_MISSING);
    b.two.divider = 77;
    EXPECT(load_bytes(&b, data, size, false, &error) == 0 && b.one.divider == 0x0102 && b.two.divider == 77);
}

int main(void)
{
    same_bytes();
    there_and_back();
    damage();
    missing();
    puts("machine: all is well");
    return 0;
}
