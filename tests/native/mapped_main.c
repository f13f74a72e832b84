/* Mapped files without Python: where everything lies, and what is refused. */
#include "program.h"
#include "vms_mapped.h"

enum { PAGE = 4096, FILE_SIZE = 4 << 20 };

static uint8_t low[70 * PAGE], rom[2 * PAGE], file[FILE_SIZE];
static size_t end;

static vms_ram_block blocks[] = {
    {.name = "pc.ram", .host = low, .used_length = sizeof low},
    {.name = "rom", .host = rom, .used_length = sizeof rom},
};
static vms_ram ram = {.blocks = blocks, .count = 2, .page_size = PAGE, .flags = VMS_RAM_MAPPED};

static int write_at(void *opaque, const uint8_t *data, size_t n, uint64_t offset)
{
    EXPECT(opaque == file && offset + n <= FILE_SIZE);
    memcpy(file + offset, data, n);
    return 0;
}

static const vms_mapped_file to = {write_at, file};
static vms_mapped at[2];

static void fill(void)
{
    memset(low, 0, sizeof low), memset(rom, 0, sizeof rom);
    low[0] = 1, low[63 * PAGE + 5] = 63, low[64 * PAGE + 6] = 64, low[69 * PAGE] = 69, rom[PAGE] = 0x99;
}

static void written(void)
{
    vms_dirty stored[2];
    memset(file, 0, sizeof file);
    fill();
    EXPECT(vms_mapped_layout(&ram, 0x22, at) == 0x202000);
    EXPECT(at[0].bitmap_offset == 0x22 + 8 + 15 + 28 && at[0].pages_offset == 0x100000 && at[0].length == 0x46000);
    EXPECT(at[1].bitmap_offset == 0x146000 + 12 + 28 && at[1].pages_offset == 0x200000);
    EXPECT(vms_mapped_write_list(&ram, at, &to, 0x22) == 0);
    for (size_t i = 0; i < 2; i++) {
        uint64_t pages = blocks[i].used_length / PAGE;
        EXPECT(vms_dirty_init(&stored[i], pages) == 0);
        EXPECT(vms_mapped_write_pages(&ram, i, &at[i], &to, 0, pages, &stored[i]) == 0);
        EXPECT(vms_mapped_write_pages(&ram, i, &at[i], &to, 1, pages, &stored[i]) == -1);
        EXPECT(vms_mapped_write_bitmap(&at[i], &to, &stored[i]) == 0);
        vms_dirty_clear(&stored[i]);
    }
    vms_put64(file + 0x202000, 0x10);
    end = 0x202008;
    EXPECT(memcmp(file + 0x22, "\0\0\0\0\0\4\x80\4\6pc.ram\0\0\0\0\0\4\x60\0\0\0\0\1\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\x55"
                  "\0\0\0\0\0\x10\0\0", 51) == 0);
    EXPECT(memcmp(file + 0x55, "\1\0\0\0\0\0\0\x80\x21\0\0\0\0\0\0\0\0", 17) == 0);
    EXPECT(memcmp(file + 0x146000, "\3rom\0\0\0\0\0\0\x20\0\0\0\0\1\0\0\0\0\0\0\x10\0\0\0\0\0\0\x14\x60\x28\0\0\0\0\0\x20\0\0"
                  "\2\0\0\0\0\0\0\0", 48) == 0);
    EXPECT(file[0x100000] == 1 && file[0x100000 + 63 * PAGE + 5] == 63 && file[0x200000 + PAGE] == 0x99);
}

/* Pages that the guest wrote since: their places are written again, one that is zero now is stored no more. */
static void written_again(void)
{
    vms_dirty dirty, stored;
    fill();
    EXPECT(vms_dirty_init(&dirty, 70) == 0 && vms_dirty_init(&stored, 70) == 0);
    vms_dirty_mark_range(&dirty, 0, 70);
    EXPECT(vms_mapped_write_dirty(&ram, 0, &at[0], &to, &dirty, 64, &stored) == 64 && vms_dirty_count(&dirty) == 6);
    EXPECT(vms_dirty_count(&stored) == 2 && vms_dirty_test(&stored, 63) && !vms_dirty_test(&stored, 64));
    EXPECT(vms_mapped_write_dirty(&ram, 0, &at[0], &to, &dirty, 64, &stored) == 6 && vms_dirty_count(&dirty) == 0);
    low[0] = 0, low[2 * PAGE] = 2, low[64 * PAGE + 6] = 65, low[68 * PAGE] = 68;
    vms_dirty_mark_range(&dirty, 0, 3);
    vms_dirty_mark(&dirty, 64);
    EXPECT(vms_mapped_write_dirty(&ram, 0, &at[0], &to, &dirty, 100, &stored) == 4 && vms_dirty_count(&dirty) == 0);
    EXPECT(!vms_dirty_test(&stored, 0) && vms_dirty_test(&stored, 2) && !vms_dirty_test(&stored, 68));
    EXPECT(file[0x100000 + 2 * PAGE] == 2 && file[0x100000 + 64 * PAGE + 6] == 65 && file[0x100000 + 68 * PAGE] == 0);
    EXPECT(vms_mapped_write_dirty(&ram, 0, &at[0], &to, &dirty, 100, &stored) == 0);
    vms_dirty_clear(&dirty);
    vms_dirty_clear(&stored);
}

static int load(vms_reader *r, uint32_t flags)
{
    vms_ram_loader l;
    uint8_t *exact = (uint8_t *)malloc(end);
    EXPECT(exact);
    memcpy(exact, file, end);
    vms_reader_init(r, exact, end);
    r->p += 0x22;
    EXPECT(vms_ram_loader_init(&l, &ram, flags) == 0);
    int result = vms_ram_load(&l, r);
    EXPECT(result || (r->p == r->end && (flags & VMS_RAM_CHECK || (l.plain_pages == 5 && l.zero_pages == 67))));
    vms_ram_loader_clear(&l);
    free(exact);
    return result;
}

/* The file, read at any place: after `left` reads it has `there` bytes, or none that can be read. */
typedef struct disk {
    unsigned left;
    size_t there;
    bool bad;
} disk;

static int64_t read_at(void *opaque, uint8_t *data, size_t n, uint64_t offset)
{
    disk *d = (disk *)opaque;
    size_t size = d->left ? end : d->there, some = offset < size ? size - (size_t)offset : 0;
    if (d->left)
        d->left--;
    else if (d->bad)
        return -5;
    some = n < some ? n : some;
    memcpy(data, file + offset, some);
    return (int64_t)some;
}

/* Pages that may have been stored are in *pages, the errno in *failed. */
static int load_from(disk d, uint32_t flags, vms_error *error, uint64_t *pages, int *failed)
{
    vms_ram_loader l;
    vms_mapped_source from = {.read_at = read_at, .opaque = &d, .size = end};
    uint64_t next;
    EXPECT(vms_ram_loader_init(&l, &ram, flags) == 0);
    int result = vms_mapped_load_from(&l, &from, 0x22, &next, error);
    EXPECT(result || (next == end && (flags & VMS_RAM_CHECK || (l.plain_pages == 5 && l.zero_pages == 67))));
    *pages = l.plain_pages + l.zero_pages;
    *failed = from.error;
    vms_ram_loader_clear(&l);
    return result;
}

static void loaded(void)
{
    static uint8_t low_before[sizeof low], rom_before[sizeof rom];
    const disk whole = {.left = 100};
    uint64_t pages;
    int failed;
    vms_error error;
    vms_reader r;
    fill();
    memcpy(low_before, low, sizeof low), memcpy(rom_before, rom, sizeof rom);
    memset(low, 0xcc, sizeof low), memset(rom, 0xcc, sizeof rom);
    EXPECT(load(&r, VMS_RAM_CHECK) == 0 && low[0] == 0xcc && rom[sizeof rom - 1] == 0xcc);
    EXPECT(load(&r, 0) == 0);
    EXPECT(memcmp(low, low_before, sizeof low) == 0 && memcmp(rom, rom_before, sizeof rom) == 0);
    memset(low, 0xcc, sizeof low), memset(rom, 0xcc, sizeof rom);
    EXPECT(load_from(whole, VMS_RAM_CHECK, &error, &pages, &failed) == 0 && low[0] == 0xcc && rom[sizeof rom - 1] == 0xcc);
    EXPECT(load_from(whole, 0, &error, &pages, &failed) == 0 && !failed);
    EXPECT(memcmp(low, low_before, sizeof low) == 0 && memcmp(rom, rom_before, sizeof rom) == 0);
}

/* Reads: the list, twice; the last words of the bitmaps; a bitmap, its runs of pages; the same again; what ends the body. */
static void becomes_shorter(void)
{
    vms_error error;
    uint64_t pages;
    int failed;
    memset(low, 0xcc, sizeof low);
    disk d = {.left = 6, .there = 0x100000 + 64 * PAGE + 5};
    EXPECT(load_from(d, 0, &error, &pages, &failed) == -1 && !failed && error.code == VMS_TRUNCATED);
    EXPECT(error.offset == 0x100000 + 63 * PAGE && error.found.bits == PAGE + 5 && error.low.bits == 2 * PAGE);
    EXPECT(strcmp(error.path, "pc.ram") == 0 && pages == 65 && low[0] == 1 && low[69 * PAGE] == 0xcc);
    d.bad = true;
    EXPECT(load_from(d, 0, &error, &pages, &failed) == -1 && failed == -5 && error.offset == 0x100000 + 63 * PAGE);
    unsigned reads = 0;
    for (disk cut = {0, 0, false}; load_from(cut, 0, &error, &pages, &failed); cut.left = ++reads)
        EXPECT(error.code == VMS_TRUNCATED && reads < 11);
    EXPECT(reads == 11);
}

static void refused(size_t where, uint8_t byte, uint64_t offset, const char *why)
{
    vms_reader r;
    uint8_t kept = file[where];
    file[where] = byte;
    memset(low, 0xcc, sizeof low);
    EXPECT(load(&r, 0) == -1);
    if (r.error.code != VMS_FRAMING || r.error.offset != offset || strcmp(r.error.text, why) != 0)
        fprintf(stderr, "%s at %llu\n", r.error.text, (unsigned long long)r.error.offset);
    EXPECT(r.error.code == VMS_FRAMING && r.error.offset == offset && strcmp(r.error.text, why) == 0);
    const disk whole = {.left = 100};
    uint64_t pages;
    int failed;
    vms_error error;
    EXPECT(load_from(whole, 0, &error, &pages, &failed) == -1 && !failed && !pages && error.code == VMS_FRAMING);
    EXPECT(error.offset == offset && strcmp(error.text, why) == 0);
    for (size_t i = 0; i < sizeof low; i++)
        EXPECT(low[i] == 0xcc);
    file[where] = kept;
}

static void refuses(void)
{
    refused(0x3c, 2, 0x39, "a mapped block of an unknown version");
    refused(0x43, 0x20, 0x3d, "a mapped block with other pages");
    refused(0x4c, 0x56, 0x45, "a mapped block whose bitmap is not behind its header");
    refused(0x54, 1, 0x4d, "a mapped block whose pages are not in the file");
    refused(0x4d, 0xff, 0x4d, "a mapped block whose pages are not in the file");
    refused(0x52, 0, 0x4d, "a mapped block whose pages are not in the file");
    refused(0x5d, 0x61, 0x5d, "a bitmap that has a page which the block does not have");
    vms_reader r;
    memcpy(file + end - 8, "\0\0\0\0\0\0\0\x08\3rom", 12);
    end += 4;
    EXPECT(load(&r, 0) == -1 && r.error.offset == 0x202000 && strcmp(r.error.path, "rom") == 0);
    EXPECT(strcmp(r.error.text, "a page among the records of a mapped file") == 0);
    end -= 4;
    vms_put64(file + end - 8, 0x10);
    size_t whole = end;
    for (end = 0x22; end < whole; end += end < 0x70 || end > 0x202000 ? 1 : 4096)
        EXPECT(load(&r, 0) == -1);
    end = whole;
    trickle t;
    vms_ram_loader l;
    trickle_init(&t, file + 0x22, end - 0x22, 100000);
    EXPECT(vms_ram_loader_init(&l, &ram, 0) == 0 && vms_ram_load(&l, &t.reader) == -1 && t.reader.error.offset == 0x17);
    vms_ram_loader_clear(&l);
    free(t.buffer);
}

int main(void)
{
    written();
    loaded();
    becomes_shorter();
    refuses();
    written_again();
    puts("mapped: all is well");
    return 0;
}
