/* RAM records without Python: literal bytes out and in, differences of blocks, what is called back. */
#include "ram_program.h"

static void bytes_of_a_list(void)
{
    uint8_t out[8192];
    vms_writer w;
    vms_ram_sender s;
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\0\x10");
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &ram);
    EXPECT(vms_ram_send_blocks(&s, &w) == 0 && vms_ram_send_end(&w) == 0);
    EXPECT((size_t)(w.p - out) == length && memcmp(out, stream, length) == 0);

    vms_ram none = {.page_size = PAGE};
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &none);
    EXPECT(vms_ram_send_blocks(&s, &w) == 0 && vms_ram_send_end(&w) == 0);
    EXPECT(w.p - out == 16 && memcmp(out, "\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\x10", 16) == 0);

    ram.flags = VMS_RAM_PAGE_SIZES | VMS_RAM_ADDRESSES;
    blocks[1].page_size = 0x200000, blocks[1].address = 0xfffe0000;
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &ram);
    EXPECT(vms_ram_send_blocks(&s, &w) == 0 && w.p - out == 8 + 15 + 8 + 12 + 8 + 8);
    EXPECT(memcmp(out + 31, "\3rom\0\0\0\0\0\0\x08\0\0\0\0\0\0\x20\0\0\0\0\0\0\xff\xfe\0\0", 28) == 0);
    blocks[1].page_size = 0, blocks[1].address = 0;
}

static void bytes_of_pages(void)
{
    uint8_t out[16 * 1024];
    vms_writer w;
    vms_ram_sender s;
    fresh();
    ADD("\0\0\0\0\0\0\0\x02" "\6pc.ram" "\0" "\0\0\0\0\0\0\x04\x28");
    add_fill(0, PAGE - 1);
    ADD("\x55" "\0\0\0\0\0\0\x08\x22\0");
    ADD("\0\0\0\0\0\0\x04\x08" "\3rom");
    add_fill(0x77, PAGE);
    low[2 * PAGE - 1] = 0x55;
    memset(rom + PAGE, 0x77, PAGE);
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &ram);
    EXPECT(vms_ram_send_pages(&s, &w, 0, 0, 3) == 0 && vms_ram_send_pages(&s, &w, 1, 1, 1) == 0);
    EXPECT((size_t)(w.p - out) == length && memcmp(out, stream, length) == 0);
    EXPECT(s.zero_pages == 2 && s.plain_pages == 2);
    EXPECT(vms_ram_send_pages(&s, &w, 1, 1, 2) == -1 && w.error.code == VMS_RANGE && w.error.high.bits == 2);
    EXPECT(vms_ram_send_pages(&s, &w, 2, 0, 1) == -1 && w.error.code == VMS_RANGE);
    vms_writer_init(&w, out, 8 + 256 + PAGE - 1);
    EXPECT(vms_ram_send_pages(&s, &w, 0, 0, 1) == -1 && w.error.code == VMS_FULL);
    for (size_t at = 0; at < PAGE; at++) {
        EXPECT(vms_page_is_zero(low, PAGE));
        low[at] = 1;
        EXPECT(!vms_page_is_zero(low, PAGE));
        low[at] = 0;
    }
}

static void dirty_pages_in_rounds(void)
{
    uint8_t out[16 * 1024];
    vms_writer w;
    vms_ram_sender s;
    vms_dirty d[2];
    fresh();
    EXPECT(vms_dirty_init(&d[0], 4) == 0 && vms_dirty_init(&d[1], 2) == 0);
    vms_dirty_mark(&d[0], 1), vms_dirty_mark(&d[0], 3), vms_dirty_mark(&d[1], 0);
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &ram);
    EXPECT(vms_ram_send_dirty(&s, &w, d, 2) == 2);
    vms_dirty_mark(&d[0], 1);
    EXPECT(vms_ram_send_dirty(&s, &w, d, 100) == 2 && vms_ram_send_dirty(&s, &w, d, 100) == 0);
    ADD("\0\0\0\0\0\0\x04\x02" "\6pc.ram" "\0" "\0\0\0\0\0\0\x0c\x22\0");
    ADD("\0\0\0\0\0\0\0\x02" "\3rom" "\0" "\0\0\0\0\0\0\x04\x02" "\6pc.ram" "\0");
    EXPECT((size_t)(w.p - out) == length && memcmp(out, stream, length) == 0);
    vms_dirty_clear(&d[0]);
    vms_dirty_clear(&d[1]);
}

/* A page that was sent twice and then changed goes as its change; the whole time the stream rebuilds the memory. */
static void changed_pages(void)
{
    uint8_t out[16 * 1024], *from;
    vms_writer w;
    vms_ram_sender s;
    vms_xbzrle x;
    vms_dirty d[2];
    fresh();
    EXPECT(vms_dirty_init(&d[0], 4) == 0 && vms_dirty_init(&d[1], 2) == 0 && vms_xbzrle_init(&x, PAGE, 6 * PAGE) == 0);
    EXPECT(x.slots == 4);
    memset(low + PAGE, 0x11, PAGE);
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &ram);
    s.xbzrle = &x, s.repeating = true;
    for (int turn = 0; turn < 4; turn++) {
        from = w.p;
        vms_dirty_mark(&d[0], 1);
        EXPECT(vms_ram_send_dirty(&s, &w, d, 9) == 1);
        size_t n = (size_t)(w.p - from);
        switch (turn) {
        case 0: EXPECT(n == 15 + PAGE && s.misses == 1); break;
        case 1:
            EXPECT(n == 8 + 3 + 4 && memcmp(from, "\0\0\0\0\0\0\x04\x60\1\0\4\xe8\7\1\xea", n) == 0);
            EXPECT(s.xbzrle_pages == 1 && s.xbzrle_bytes == 4);
            break;
        case 2: EXPECT(n == 0 && s.unchanged_pages == 1); break;
        default: EXPECT(n == 8 + PAGE && s.overflows == 1);
        }
        if (turn == 0)
            low[PAGE + 1000] = 0xea;
        if (turn == 2)
            for (size_t i = 0; i < PAGE; i += 2)
                low[PAGE + i] ^= 0xff;
    }
    memset(low + PAGE, 0, PAGE);
    vms_dirty_mark(&d[0], 1);
    EXPECT(vms_ram_send_dirty(&s, &w, d, 9) == 1 && s.zero_pages == 1);
    low[PAGE] = 5;
    vms_dirty_mark(&d[0], 1);
    from = w.p;
    EXPECT(vms_ram_send_dirty(&s, &w, d, 9) == 1);
    EXPECT(w.p - from == 14 && memcmp(from, "\0\0\0\0\0\0\x04\x60\1\0\3\0\1\5", 14) == 0);
    vms_dirty_clear(&d[0]);
    vms_dirty_clear(&d[1]);
    vms_xbzrle_clear(&x);
}

static void loads(void)
{
    vms_reader r;
    vms_ram_loader l;
    fresh();
    add_everything();
    size_t first = length;
    ADD("\0\0\0\0\0\0\0\x28");
    add_fill(0x99, PAGE);
    ADD("\0\0\0\0\0\0\0\x10" "more");
    for (int check = 1; check >= 0; check--)
        for (size_t step = 1; step < 3000; step = step * 3 + 1) {
            memset(low, 0, sizeof low), memset(rom, 0xee, sizeof rom);
            memset(low + 2 * PAGE, 0xdd, PAGE);
            EXPECT(vms_ram_loader_init(&l, &ram, check ? VMS_RAM_CHECK : 0) == 0);
            trickle t;
            trickle_init(&t, stream, length, step);
            EXPECT(vms_ram_load(&l, &t.reader) == 0);
            EXPECT(t.reader.end_offset - (uint64_t)(t.reader.end - t.reader.p) == first);
            EXPECT(vms_ram_load(&l, &t.reader) == 0 && l.plain_pages == 2 && l.zero_pages == 1 && l.xbzrle_pages == 2);
            EXPECT(t.reader.end_offset - (uint64_t)(t.reader.end - t.reader.p) == length - 4);
            EXPECT(low[PAGE] == (check ? 0 : 0x11) && low[PAGE + 1000] == (check ? 0 : 0xea) && low[2 * PAGE - 1] == low[PAGE]);
            EXPECT(low[2 * PAGE] == (check ? 0xdd : 0) && low[3 * PAGE - 1] == low[2 * PAGE]);
            EXPECT(memcmp(rom + PAGE, check ? "\xee\xee\xee\xee" : "\xaa\xbb\xcc\xee", 4) == 0);
            EXPECT(rom[0] == (check ? 0xee : 0x99));
            vms_ram_loader_clear(&l);
            free(t.buffer);
        }
    vms_reader_init(&r, stream, length);
}

static void all_differences(void)
{
    vms_reader r;
    vms_ram_loader l;
    vms_ram_difference d[4];
    fresh();
    ram.flags = VMS_RAM_ADDRESSES;
    blocks[0].ignored = true;
    ADD("\0\0\0\0\0\0\x14\x04" "\1x\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0" "\6pc.ram\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0\0\7");
    for (size_t room = 0; room <= 4; room++) {
        memset(d, 0, sizeof d);
        vms_reader_init(&r, stream, length);
        EXPECT(vms_ram_loader_init(&l, &ram, 0) == 0);
        l.differences = d, l.room = room;
        EXPECT(vms_ram_load(&l, &r) == -1 && r.error.offset == 8 && l.difference_count == 4);
        EXPECT(room < 1 || (d[0].kind == VMS_RAM_UNKNOWN_BLOCK && strcmp(d[0].name, "x") == 0 && d[0].found == 0x800));
        EXPECT(room < 2 || (d[1].kind == VMS_RAM_OTHER_LENGTH && d[1].found == 0xc00 && d[1].held == 0x1000 && d[1].offset == 26));
        EXPECT(room < 3 || (d[2].kind == VMS_RAM_OTHER_ADDRESS && d[2].found == 7 && d[2].held == 0));
        EXPECT(room < 4 || (d[3].kind == VMS_RAM_MISSING_BLOCK && strcmp(d[3].name, "rom") == 0));
        vms_ram_loader_clear(&l);
    }
    blocks[0].ignored = false;
}

static void lengths_that_may_change(void)
{
    vms_reader r;
    vms_ram_loader l;
    for (int check = 0; check < 2; check++) {
        fresh();
        blocks[0].used_length = 2 * PAGE;
        blocks[0].max_length = sizeof low;
        add_list();
        ADD("\0\0\0\0\0\0\x0c\x08" "\6pc.ram");
        add_fill(0x31, PAGE);
        ADD("\0\0\0\0\0\0\0\x10");
        vms_reader_init(&r, stream, length);
        EXPECT(vms_ram_loader_init(&l, &ram, check ? VMS_RAM_CHECK : 0) == 0 && vms_ram_load(&l, &r) == 0);
        EXPECT(blocks[0].used_length == (check ? 2 * PAGE : sizeof low) && low[sizeof low - 1] == (check ? 0 : 0x31));
        vms_ram_loader_clear(&l);
    }
    fresh();
}

static int inflate_fill(void *opaque, const uint8_t *data, size_t n, uint8_t *page, size_t size)
{
    EXPECT(opaque == &ram && size == PAGE);
    memset(page, data[n - 1], size);
    return n == 2 ? 0 : -1;
}

static int count_flush(void *opaque)
{
    (void)opaque;
    return -(int)rom[0];
}

static void calls(void)
{
    vms_reader r;
    vms_ram_loader l;
    for (int n = 1; n <= 2; n++) {
        fresh();
        add_list();
        ADD("\0\0\0\0\0\0\x04\x08" "\6pc.ram");
        add_fill(1, PAGE);
        ADD("\0\0\0\0\0\0\x05\x20");
        ADD("\0\0\0");
        stream[length++] = (uint8_t)n;
        ADD("ab");
        length -= 2 - (size_t)n;
        ADD("\0\0\0\0\0\0\x02\0" "\0\0\0\0\0\0\0\x10");
        vms_reader_init(&r, stream, length);
        EXPECT(vms_ram_loader_init(&l, &ram, VMS_RAM_MULTIFD) == 0);
        l.inflate = inflate_fill, l.flush = count_flush, l.opaque = &ram;
        int result = vms_ram_load(&l, &r);
        EXPECT(result == (n == 2 ? 0 : -1) && low[PAGE] == (n == 2 ? 'b' : 1));
        EXPECT(n == 2 || (r.error.code == VMS_FRAMING && r.error.offset == LIST + 15 + PAGE));
        vms_ram_loader_clear(&l);
    }
    rom[0] = 1;
    length = 0;
    ADD("\0\0\0\0\0\0\x02\0");
    vms_reader_init(&r, stream, length);
    EXPECT(vms_ram_loader_init(&l, &ram, VMS_RAM_MULTIFD) == 0);
    l.flush = count_flush;
    EXPECT(vms_ram_load(&l, &r) == -1 && strcmp(r.error.text, "the multifd channels could not be flushed") == 0);
    vms_ram_loader_clear(&l);
}

static void blocks_that_cannot_be(void)
{
    size_t at;
    fresh();
    EXPECT(vms_ram_wrong(&ram, &at) == NULL && vms_ram_total(&ram) == 0x1800);
    blocks[1].name = "pc.ram";
    EXPECT(strcmp(vms_ram_wrong(&ram, &at), "two blocks have one name") == 0 && at == 1);
    blocks[1].name = "";
    EXPECT(vms_ram_wrong(&ram, &at) && at == 1);
    blocks[1].name = "rom";
    blocks[0].used_length = PAGE + 1;
    EXPECT(vms_ram_wrong(&ram, &at) && at == 0);
    uint8_t out[64];
    vms_writer w;
    vms_ram_sender s;
    vms_writer_init(&w, out, sizeof out);
    vms_ram_sender_init(&s, &ram);
    EXPECT(vms_ram_send_blocks(&s, &w) == -1 && w.error.code == VMS_FRAMING && strcmp(w.error.path, "pc.ram") == 0);
    blocks[0].used_length = sizeof low;
    for (uint32_t size = 0; size < 200000; size += 512) {
        vms_ram other = {.page_size = size};
        bool good = size == 1024 || size == 2048 || size == 4096 || size == 8192 || size == 16384 || size == 32768 || size == 65536;
        EXPECT((vms_ram_wrong(&other, &at) == NULL) == good);
    }
}

int main(void)
{
    bytes_of_a_list();
    bytes_of_pages();
    dirty_pages_in_rounds();
    changed_pages();
    loads();
    all_differences();
    lengths_that_may_change();
    calls();
    blocks_that_cannot_be();
    puts("ram: all is well");
    return 0;
}
