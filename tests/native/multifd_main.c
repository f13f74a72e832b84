/* Multifd packets without Python: literal headers, the traps of real senders, every refusal. */
#include "program.h"
#include "vms_multifd.h"

enum { PAGE = 4096, ROOM = 128, HEADER = 1344 };

static uint8_t low[200 * PAGE], rom[2 * PAGE], out[1 << 20];
static const uint8_t uuid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static vms_ram_block blocks[] = {
    {.name = "pc.ram", .host = low, .used_length = sizeof low},
    {.name = "rom", .host = rom, .used_length = sizeof rom},
};
static vms_ram ram = {.blocks = blocks, .count = 2, .page_size = PAGE};
static vms_multifd_packet packet;

static void a_channel_begins(void)
{
    static const uint8_t bytes[64] = {0x11, 0x22, 0x33, 0x44, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 3};
    uint8_t channel = 99, cut[64];
    vms_writer w;
    vms_reader r;
    vms_writer_init(&w, out, sizeof out);
    EXPECT(vms_multifd_send_init(&w, uuid, 3) == 0 && w.p - out == 64 && memcmp(out, bytes, 64) == 0);
    vms_reader_init(&r, out, 64);
    EXPECT(vms_multifd_load_init(&r, uuid, 4, &channel) == 0 && channel == 3 && r.p == r.end);
    vms_reader_init(&r, out, 64);
    EXPECT(vms_multifd_load_init(&r, uuid, 3, &channel) == -1 && r.error.offset == 24 && r.error.found.bits == 3);
    for (size_t at = 0; at < 24; at++) {
        memcpy(cut, out, 64);
        cut[at] ^= 0x80;
        vms_reader_init(&r, cut, 64);
        EXPECT(vms_multifd_load_init(&r, uuid, 4, &channel) == -1 && r.error.code == VMS_FRAMING);
        EXPECT(r.error.offset == (at < 4 ? 0u : at < 8 ? 4u : 8u));
    }
    vms_reader_init(&r, out, 63);
    EXPECT(vms_multifd_load_init(&r, uuid, 4, &channel) == -1 && r.error.code == VMS_TRUNCATED);
}

static void picks(vms_writer *main, bool modern)
{
    vms_ram_sender s;
    vms_dirty d[2];
    EXPECT(vms_dirty_init(&d[0], 200) == 0 && vms_dirty_init(&d[1], 2) == 0);
    vms_dirty_mark_range(&d[0], 10, 150);
    vms_dirty_mark(&d[1], 1);
    memset(low, 0, sizeof low), memset(rom, 7, sizeof rom);
    for (size_t i = 0; i < 200; i++)
        low[i * PAGE + i] = (uint8_t)i;
    low[12 * PAGE + 12] = 0;
    vms_ram_sender_init(&s, &ram);
    EXPECT(vms_multifd_pick(&s, main, d, &packet) == (modern ? 128 : 129));
    EXPECT(packet.block == 0 && packet.normal_pages == (modern ? 127 : 128) && packet.zero_pages == modern);
    EXPECT(packet.offsets[0] == 0xa000 && packet.offsets[2] == 0xd000 && packet.offsets[127] == (modern ? 0xc000 : 0x8a000));
    EXPECT(vms_multifd_pick(&s, main, d, &packet) == (modern ? 22 : 21) && packet.block == 0);
    EXPECT(vms_multifd_pick(&s, main, d, &packet) == 1 && packet.block == 1 && packet.offsets[0] == 0x1000);
    EXPECT(vms_multifd_pick(&s, main, d, &packet) == 0 && packet.normal_pages == 0 && packet.zero_pages == 0);
    vms_dirty_clear(&d[0]);
    vms_dirty_clear(&d[1]);
}

static void loader(vms_ram_loader *l, uint32_t flags)
{
    static const char list[] = "\0\0\0\0\0\x0c\xa0\4\6pc.ram\0\0\0\0\0\x0c\x80\0\3rom\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\0\x10";
    vms_reader r;
    vms_reader_init(&r, list, sizeof list - 1);
    EXPECT(vms_ram_loader_init(l, &ram, flags) == 0 && vms_ram_load(l, &r) == 0);
}

/* Three pages of pc.ram; in the packet, the second is zero. */
static size_t three_pages(bool modern)
{
    vms_writer w;
    memset(low, 0, sizeof low);
    low[5 * PAGE] = 5, low[9 * PAGE] = 9;
    memset(&packet, 0, sizeof packet);
    packet.number = 0x1122334455667788, packet.block = 0, packet.normal_pages = 2, packet.zero_pages = modern;
    packet.flags = VMS_MULTIFD_SYNC;
    packet.offsets[0] = 5 * PAGE, packet.offsets[1] = 9 * PAGE, packet.offsets[2] = 7 * PAGE;
    vms_writer_init(&w, out, sizeof out);
    EXPECT(vms_multifd_send_plain(&ram, &w, &packet) == 0);
    memset(low, 0, sizeof low);
    low[7 * PAGE] = 7;
    return (size_t)(w.p - out);
}

static void bytes_of_a_packet(void)
{
    size_t size = three_pages(true);
    EXPECT(size == HEADER + 2 * PAGE);
    EXPECT(memcmp(out, "\x11\x22\x33\x44\0\0\0\1\0\0\0\1\0\0\0\x80\0\0\0\2\0\0\x20\0\x11\x22\x33\x44\x55\x66\x77\x88\0\0\0\1", 36) == 0);
    EXPECT(memcmp(out + 64, "pc.ram\0", 7) == 0);
    EXPECT(memcmp(out + 320, "\0\0\0\0\0\0\x50\0\0\0\0\0\0\0\x90\0\0\0\0\0\0\0\x70\0\0\0\0\0\0\0\0\0", 32) == 0);
    EXPECT(out[HEADER] == 5 && out[HEADER + PAGE] == 9);
    for (int check = 1; check >= 0; check--) {
        vms_ram_loader l;
        vms_reader r;
        vms_multifd_channel channel = {0, true};
        loader(&l, check ? VMS_RAM_CHECK : 0);
        vms_reader_init(&r, out, size);
        EXPECT(vms_multifd_load_header(&l, &r, &channel, &packet) == 0 && packet.flags == VMS_MULTIFD_SYNC && packet.block == 0);
        EXPECT(packet.normal_pages == 2 && packet.zero_pages == 1 && packet.payload == 2 * PAGE);
        EXPECT(vms_multifd_load_plain(&l, &r, &packet) == 0 && r.p == r.end);
        EXPECT(low[5 * PAGE] == (check ? 0 : 5) && low[9 * PAGE] == (check ? 0 : 9) && low[7 * PAGE] == (check ? 7 : 0));
        vms_ram_loader_clear(&l);
    }
}

/* The pages by way of a buffer, as a compressor has them. */
static void gathered(void)
{
    static uint8_t pages[2 * PAGE];
    vms_ram_loader l;
    three_pages(false);
    loader(&l, 0);
    low[5 * PAGE] = 50, low[9 * PAGE] = 90;
    vms_multifd_gather(&ram, &packet, pages);
    EXPECT(pages[0] == 50 && pages[PAGE] == 90);
    pages[1] = 51;
    vms_multifd_scatter(&l, &packet, pages);
    EXPECT(low[5 * PAGE + 1] == 51 && low[7 * PAGE] == 7);
    vms_ram_loader_clear(&l);
}

typedef struct damage {
    size_t at;
    uint8_t byte;
    uint64_t offset;
    const char *why;
} damage;

static void refuses(void)
{
    static const damage damages[] = {
        {0, 0, 0, "no multifd packet begins like this"},
        {7, 2, 4, "a multifd packet of an unknown version"},
        {10, 1, 8, "a multifd packet with unknown flags"},
        {11, 16, 8, "a multifd packet with unknown flags"},
        {11, 2, 8, "a multifd packet of another compression"},
        {15, 0x81, 12, "a multifd packet with room for more pages than were agreed on"},
        {15, 1, 16, "more pages than the packet has room for"},
        {19, 0x81, 16, "more pages than the packet has room for"},
        {16, 0xff, 16, "more pages than the packet has room for"},
        {23, 1, 20, "a payload of a length that the pages do not have"},
        {35, 1, 32, "more zero pages than the packet has room for, or than are sent this way"},
        {64, 'q', 64, "pages of the block 'qc.ram', which was not listed"},
        {70, 'q', 64, "pages of the block 'pc.ramq', which was not listed"},
        {334, 0x98, 328, "a page that is not in its block"},
        {333, 0x0c, 328, "a page that is not in its block"},
        {328, 0xff, 328, "a page that is not in its block"},
    };
    vms_ram_loader l;
    vms_reader r;
    vms_multifd_channel channel = {0, false};
    loader(&l, 0);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        size_t size = three_pages(false);
        out[damages[i].at] = damages[i].byte;
        vms_reader_init(&r, out, size);
        EXPECT(vms_multifd_load_header(&l, &r, &channel, &packet) == -1 && r.error.code == VMS_FRAMING);
        if (r.error.offset != damages[i].offset || strcmp(r.error.text, damages[i].why) != 0)
            fprintf(stderr, "%zu: %s at %llu\n", i, r.error.text, (unsigned long long)r.error.offset);
        EXPECT(r.error.offset == damages[i].offset && strcmp(r.error.text, damages[i].why) == 0);
    }
    size_t size = three_pages(false);
    for (size_t cut = 0; cut < size; cut += cut < HEADER ? 64 : 1000) {
        uint8_t *exact = (uint8_t *)malloc(cut + 1);
        EXPECT(exact);
        memcpy(exact, out, cut);
        vms_reader_init(&r, exact, cut);
        EXPECT((vms_multifd_load_header(&l, &r, &channel, &packet) || vms_multifd_load_plain(&l, &r, &packet)));
        EXPECT(r.error.code == VMS_TRUNCATED);
        free(exact);
    }
    vms_ram_loader_clear(&l);
}

/* A packet without pages says nothing else that counts. */
static void stale(void)
{
    vms_ram_loader l;
    vms_reader r;
    vms_multifd_channel channel = {VMS_MULTIFD_ZLIB, false};
    loader(&l, 0);
    three_pages(false);
    out[19] = 0, out[11] = 1, out[20] = 0xff, out[64] = 'q', out[320] = 0xff;
    vms_reader_init(&r, out, HEADER);
    EXPECT(vms_multifd_load_header(&l, &r, &channel, &packet) == 0 && packet.flags == 1 && packet.normal_pages == 0);
    EXPECT(vms_multifd_load_plain(&l, &r, &packet) == 0 && r.p == r.end);
    three_pages(false);
    vms_reader_init(&r, out, HEADER);
    EXPECT(vms_multifd_load_header(&l, &r, &channel, &packet) == -1 && r.error.offset == 8);
    out[11] = 2;
    vms_reader_init(&r, out, HEADER);
    EXPECT(vms_multifd_load_header(&l, &r, &channel, &packet) == 0 && packet.payload == 2 * PAGE);
    out[21] = 0x11;
    vms_reader_init(&r, out, HEADER);
    EXPECT(vms_multifd_load_header(&l, &r, &channel, &packet) == -1 && r.error.offset == 20);
    vms_ram_loader_clear(&l);
}

int main(void)
{
    a_channel_begins();
    vms_writer main_stream;
    vms_writer_init(&main_stream, out, sizeof out);
    picks(&main_stream, false);
    EXPECT(main_stream.p - out == 16 && memcmp(out, "\0\0\0\0\0\0\xc0\x02\6pc.ram\0", 16) == 0);
    picks(NULL, true);
    bytes_of_a_packet();
    gathered();
    refuses();
    stale();
    puts("multifd: all is well");
    return 0;
}
