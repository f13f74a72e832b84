/* RAM records that are refused: where, and why; every cut, any damage. */
#include "ram_program.h"

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

int main(void)
{
    refuses_records();
    refuses_pages();
    refuses_encoded_pages();
    refuses_lists();
    every_cut_and_any_damage();
    puts("ram_refused: all is well");
    return 0;
}
