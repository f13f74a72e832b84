/* RAM records without Python: literal bytes out and in, every refusal, every cut, any damage. */
#include "program.h"
#include "vms_ram.h"

enum { PAGE = 1024 };

static uint8_t low[4 * PAGE], rom[2 * PAGE];

static vms_ram_block blocks[] = {
    {.name = "pc.ram", .host = low, .used_length = sizeof low},
    {.name = "rom", .host = rom, .used_length = sizeof rom},
};
static vms_ram ram = {.blocks = blocks, .count = 2, .page_size = PAGE, .host_page_size = 4096};

/* Streams are put together from pieces. */
static uint8_t stream[64 * 1024];
static size_t length;

static void add(const void *data, size_t n)
{
    memcpy(stream + length, data, n);
    length += n;
}

static void add64(uint64_t v)
{
    uint8_t b[8];
    vms_put64(b, v);
    add(b, 8);
}

static void add_fill(uint8_t byte, size_t n)
{
    memset(stream + length, byte, n);
    length += n;
}

#define ADD(text) add(text, sizeof text - 1)

/* "pc.ram" of 0x1000 and "rom" of 0x800 bytes. */
static void add_list(void)
{
    ADD("\0\0\0\0\0\0\x18\x04" "\6pc.ram" "\0\0\0\0\0\0\x10\0" "\3rom" "\0\0\0\0\0\0\x08\0");
}

static void fresh(void)
{
    length = 0;
    memset(low, 0, sizeof low);
    memset(rom, 0, sizeof rom);
    ram.flags = 0;
    blocks[0].used_length = sizeof low;
    blocks[0].max_length = 0;
}

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

/* All kinds of records that can be loaded. */
static void add_everything(void)
{
    add_list();
    ADD("\0\0\0\0\0\0\x04\x08" "\6pc.ram");
    add_fill(0x11, PAGE);
    ADD("\0\0\0\0\0\0\x08\x22\0" "\0\0\0\0\0\0\x04\x60\1\0\4\xe8\7\1\xea");
    ADD("\0\0\0\0\0\0\x04\x40" "\3rom" "\1\0\5\0\3\xaa\xbb\xcc");
    ADD("\0\0\0\0\0\0\0\x10");
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

/* What `stream` is refused with; nothing behind the blocks may be touched, which the sanitizer watches. */
static vms_error refused(uint32_t flags)
{
    vms_reader r;
    vms_ram_loader l;
    uint8_t *exact = (uint8_t *)malloc(length ? length : 1);
    EXPECT(exact);
    memcpy(exact, stream, length);
    vms_reader_init(&r, exact, length);
    EXPECT(vms_ram_loader_init(&l, &ram, flags) == 0);
    int result;
    while ((result = vms_ram_load(&l, &r)) == 0 && r.p != r.end)
        ;
    EXPECT(result == -1);
    vms_ram_loader_clear(&l);
    free(exact);
    return r.error;
}

#define REFUSED(flags, at, why)                                                                                        \
    do {                                                                                                               \
        vms_error got = refused(flags);                                                                                \
        if (got.code != VMS_FRAMING || got.offset != (at) || strcmp(got.text, why) != 0)                               \
            fprintf(stderr, "%s at %llu: %s\n", vms_code_name(got.code), (unsigned long long)got.offset, got.text);    \
        EXPECT(got.code == VMS_FRAMING && got.offset == (at) && strcmp(got.text, why) == 0);                           \
    } while (0)

enum { LIST = 35 };     /* bytes of add_list() */

static void refuses_records(void)
{
    static const struct { uint64_t word; const char *why; } records[] = {
        {0, "no record has these flags"},
        {0x20, "no record has these flags"},
        {0x0a, "no record has these flags"},
        {0x18, "no record has these flags"},
        {0x01, "an obsolete record: memory of one byte a page"},
        {0x80, "a record of an RDMA migration, which cannot be read"},
        {0x100, "a compressed page, but nothing inflates it"},
        {0x200, "a multifd flush, but multifd is off"},
        {0x30, "an end, a list or a flush that continues a block, or has an address"},
        {0x410, "an end, a list or a flush that continues a block, or has an address"},
        {0x404, "the list of blocks came already"},
        {0x28, "a page that continues a block, but none was named before"},
    };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        fresh();
        add_list();
        EXPECT(length == LIST);
        add64(records[i].word);
        REFUSED(0, LIST, records[i].why);
        vms_error e = refused(0);
        EXPECT(i > 9 || e.found.bits == (records[i].word & 0x3ff));
    }
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\0\x42" "\6pc.ram");
    REFUSED(0, LIST, "no record has these flags");
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\0\x40" "\6pc.ram");
    REFUSED(VMS_RAM_NO_XBZRLE, LIST, "an encoded page, but XBZRLE is off");
}

static void refuses_pages(void)
{
    fresh();
    ADD("\0\0\0\0\0\0\0\x02" "\6pc.ram\0");
    REFUSED(0, 0, "a page of the block 'pc.ram', which was not listed");
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\0\x02" "\6pc.rom\0");
    REFUSED(0, LIST, "a page of the block 'pc.rom', which was not listed");
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\x08\x02" "\3rom\0");
    REFUSED(0, LIST, "a page at 0x800, in a block of 0x800 bytes");
    vms_error e = refused(0);
    EXPECT(strcmp(e.path, "rom") == 0 && e.found.bits == 0x800 && e.high.bits == 0x400);
    fresh();
    add_list();
    ADD("\xff\xff\xff\xff\xff\xff\xfc\x08" "\3rom");
    REFUSED(0, LIST, "a page at 0xfffffffffffffc00, in a block of 0x800 bytes");
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\0\x02" "\3rom\1");
    REFUSED(0, LIST, "a zero page that is to be filled with another byte");
    ADD("\0\0\0\0\0\0\0\x10");
    vms_reader r;
    vms_ram_loader l;
    vms_reader_init(&r, stream, length);
    EXPECT(vms_ram_loader_init(&l, &ram, VMS_RAM_ANY_FILL) == 0 && vms_ram_load(&l, &r) == 0 && rom[PAGE - 1] == 1 && !rom[PAGE]);
    vms_ram_loader_clear(&l);
    fresh();
    add_list();
    ADD("\0\0\0\0\0\0\0\x02" "\3rom\0");
    blocks[1].ignored = true;
    REFUSED(0, LIST, "a page of an ignored block");
    blocks[1].ignored = false;
}

static void refuses_encoded_pages(void)
{
    static const struct { const char *bytes; size_t n; uint64_t at; const char *why; } pages[] = {
        {"\2\0\4\0\1\0\0", 7, 0, "an encoded page, in an encoding other than 1"},
        {"\1\0\0", 3, 0, "an encoded page of no bytes, or of more than a page"},
        {"\1\4\1", 3, 0, "an encoded page of no bytes, or of more than a page"},
        {"\1\0\1\1", 4, 15, "an encoded page ends where a run should begin"},
        {"\1\0\3\1\1\1\1\1", 6, 0, NULL},
        {"\1\0\2\1\0", 5, 16, "an encoded page ends where a run should begin"},
        {"\1\0\4\1\1\1\1", 7, 18, "an encoded page ends where a run should begin"},
        {"\1\0\5\1\1\1\0\1", 8, 18, "a run of no bytes"},
        {"\1\0\3\1\0\1", 6, 16, "a run of no bytes"},
        {"\1\0\4\x81\x81\1\1", 7, 15, "a run's length has more than two bytes"},
        {"\1\0\3\1\2\1", 6, 16, "a run of changed bytes goes beyond the record"},
        {"\1\0\4\xff\7\2\1", 7, 17, "a run goes beyond the page"},
        {"\1\0\4\x81\x08\1\1", 7, 15, "a run goes beyond the page"},
    };
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        fresh();
        add_list();
        ADD("\0\0\0\0\0\0\0\x40" "\3rom");
        add(pages[i].bytes, pages[i].n);
        if (!pages[i].why) {
            EXPECT(refused(0).code == VMS_TRUNCATED && rom[1] == 1);
            continue;
        }
        REFUSED(0, LIST + pages[i].at, pages[i].why);
        EXPECT(rom[0] == 0 && rom[1] == 0);
    }
}

static void refuses_lists(void)
{
    static const struct { const char *entries; size_t n; uint64_t total, at; const char *why; } lists[] = {
        {"\0\0\0\0\0\0\0\x08\0", 9, 0x1800, 8, "a block without a name"},
        {"\3r\0m", 4, 0x1800, 8, "a block's name that has a zero byte in it"},
        {"\3rom\0\0\0\0\0\0\0\0", 12, 0x1800, 8, "a block of no pages, of part of one, or of more than the list's total"},
        {"\3rom\0\0\0\0\0\0\x08\1", 12, 0x1800, 8, "a block of no pages, of part of one, or of more than the list's total"},
        {"\3rom\0\0\0\0\0\0\x1c\0", 12, 0x1800, 8, "a block of no pages, of part of one, or of more than the list's total"},
        {"\3rom\0\0\0\0\0\0\x08\0\3rom\0\0\0\0\0\0\x08\0", 24, 0x1800, 20, "a block that was listed already"},
        {"\3rom\0\0\0\0\0\0\x08\0", 12, 0x800, 0, "the block 'pc.ram': the stream does not list it"},
        {"\6pc.ram\0\0\0\0\0\0\x10\0\3ron\0\0\0\0\0\0\x08\0", 27, 0x1800, 23,
         "the block 'ron': the machine does not have it, and 1 more differences"},
        {"\6pc.ram\0\0\0\0\0\0\x0c\0\3rom\0\0\0\0\0\0\x08\0", 27, 0x1400, 8, "the block 'pc.ram': its length differs"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        fresh();
        add64(lists[i].total | 4);
        add(lists[i].entries, lists[i].n);
        REFUSED(0, lists[i].at, lists[i].why);
    }
    fresh();
    ADD("\0\0\0\0\0\0\x08\x04" "\3rom\0\0\0\0\0\0\x08\0" "\0\0\0\0\0\0\0\x10");
    vms_reader r;
    vms_ram_loader l;
    vms_reader_init(&r, stream, length);
    EXPECT(vms_ram_loader_init(&l, &ram, VMS_RAM_KEEP_MISSING) == 0 && vms_ram_load(&l, &r) == 0);
    vms_ram_loader_clear(&l);
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

static void every_cut_and_any_damage(void)
{
    fresh();
    add_everything();
    size_t whole = length;
    for (length = 0; length < whole; length++) {
        vms_error e = refused(0);
        EXPECT(e.code == VMS_TRUNCATED && e.offset <= length);
    }
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        fresh();
        add_everything();
        for (int i = 0; i < 2; i++) {
            seed = seed * 1664525u + 1013904223u;
            size_t at = (seed >> 8) % length;
            stream[at < 60 || seed >> 31 ? at : at % 60] = (uint8_t)(seed >> 24);
        }
        vms_reader r;
        vms_ram_loader l;
        vms_reader_init(&r, stream, length);
        EXPECT(vms_ram_loader_init(&l, &ram, round & 1 ? VMS_RAM_CHECK : VMS_RAM_ANY_FILL) == 0);
        (void)vms_ram_load(&l, &r);
        EXPECT(!(round & 1) || (vms_page_is_zero(low, sizeof low) && vms_page_is_zero(rom, sizeof rom)));
        vms_ram_loader_clear(&l);
    }
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
    refuses_records();
    refuses_pages();
    refuses_encoded_pages();
    refuses_lists();
    all_differences();
    lengths_that_may_change();
    calls();
    every_cut_and_any_damage();
    blocks_that_cannot_be();
    puts("ram: all is well");
    return 0;
}
