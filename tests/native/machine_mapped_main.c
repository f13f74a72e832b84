/* machine_mapped_main.c: machines whose pages have places in the file: `save FILE`, `save FILE all`, where its configuration
 * has all that one can have, `copy IN OUT`, `at OFFSET IN OUT`, `checks FILE`. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "machine_board.h"

static vms_file *file_at(const char *path, bool writing, off_t offset)
{
    vms_file *f;
    vms_descriptors d = {.in = -1, .out = -1, .idle_ms = -1};
    int fd = writing ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : open(path, O_RDONLY);
    EXPECT(fd >= 0 && lseek(fd, offset, SEEK_SET) == offset);
    *(writing ? &d.out : &d.in) = fd;
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    return f;
}

static int save(board *b, const char *path, off_t offset)
{
    vms_file *f = file_at(path, true, offset);
    int failed = vms_machine_save_mapped(&b->m, f);
    if (failed)
        tell(b);
    failed = vms_file_close(f) || failed;
    vms_file_free(f);
    EXPECT(b->ram.flags == 0);
    return failed;
}

static int load(board *b, const char *path, off_t offset)
{
    vms_file *f = file_at(path, false, offset);
    int failed = vms_machine_load(&b->m, f, 0);
    if (failed)
        tell(b);
    vms_file_free(f);
    EXPECT(b->ram.flags == 0 && !b->m.incomplete);
    return failed;
}

static int64_t get_buffer(void *opaque, uint8_t *buf, int64_t pos, size_t size)
{
    (void)pos;
    return (int64_t)fread(buf, 1, size, (FILE *)opaque);
}

/* From memory it loads, too; from what is read once it does not. Neither can it be saved there. */
static void elsewhere(board *b, const char *path)
{
    static const vms_file_ops ops = {.get_buffer = get_buffer};
    static uint8_t bytes[4 << 20];
    FILE *raw = fopen(path, "rb");
    EXPECT(raw);
    size_t size = fread(bytes, 1, sizeof bytes, raw);
    vms_file *f = vms_file_from_memory(bytes, size);
    EXPECT(f && vms_machine_load(&b->m, f, 0) == 0 && b->memory[4 * PAGE - 1] == 0x5a && b->clock.ticks == 999);
    vms_file_free(f);
    rewind(raw);
    f = vms_file_new(&ops, raw);
    EXPECT(f && vms_machine_load(&b->m, f, 0) == -1 && b->m.error.code == VMS_MACHINE_STATE && !b->m.incomplete);
    EXPECT(strstr(b->m.error.text, "a mapped file, from a stream that cannot be read at any place"));
    vms_file_free(f);
    fclose(raw);
    f = vms_file_to_memory();
    EXPECT(f && vms_machine_save_mapped(&b->m, f) == -1 && b->m.error.code == VMS_MACHINE_UNMAPPED);
    EXPECT(strcmp(b->m.error.text, "pages have places in a plain file on a disk alone") == 0);
    EXPECT(vms_file_put_position(f) == 0);
    vms_descriptors d = {.in = -1, .out = open(path, O_WRONLY | O_APPEND), .idle_ms = -1};
    vms_file *appended;
    EXPECT(d.out >= 0 && vms_file_on_descriptors(&appended, &d) == 0);
    EXPECT(vms_machine_save_mapped(&b->m, appended) == -1 && b->m.error.code == VMS_MACHINE_UNMAPPED);
    vms_file_free(appended);
    b->m.switches = VMS_WITHOUT_CONFIGURATION;
    EXPECT(vms_machine_save_mapped(&b->m, f) == -1 && strncmp(b->m.error.text, "without a configuration", 23) == 0);
    b->m.switches = 0;
    vms_file_free(f);
}

static void configure(board *b)
{
    static const char *const capabilities[] = {"validate-uuid", "another"};
    b->m.minimum_page_bits = 11, b->m.capabilities = capabilities, b->m.capability_count = 2;
    b->m.uuid = (const uint8_t *)"uuid of 16 bytes";
}

/* Whether pages have places is said by a stream, not by a machine. */
static void machines(const char *path)
{
    static const char *const mapped[] = {"mapped-ram"};
    board b;
    board_init(&b, "x");
    EXPECT(save(&b, path, 0) && b.m.error.code == VMS_MACHINE_UNMAPPED);
    EXPECT(strcmp(b.m.error.text, "there is no RAM whose pages could have places in a file") == 0);
    b.m.capabilities = mapped, b.m.capability_count = 1;
    EXPECT(vms_machine_register_ram(&b.m, &b.ram) == -EINVAL);
    b.m.capability_count = 0, b.ram.flags = VMS_RAM_MAPPED;
    EXPECT(vms_machine_register_ram(&b.m, &b.ram) == -EINVAL);
    b.ram.flags = 0;
    board_clear(&b);
}

int main(int argc, char **argv)
{
    board b;
    EXPECT(argc >= 3);
    board_init(&b, "a board");
    board_register(&b);
    int failed = 0;
    if (strcmp(argv[1], "save") == 0) {
        board_fill(&b);
        if (argc > 3)
            configure(&b);
        failed = save(&b, argv[2], 0);
    } else if (strcmp(argv[1], "copy") == 0) {
        failed = load(&b, argv[2], 0) || save(&b, argv[3], 0);
    } else if (strcmp(argv[1], "at") == 0) {
        off_t offset = (off_t)atol(argv[2]);
        failed = load(&b, argv[3], offset) || save(&b, argv[4], offset);
    } else {
        elsewhere(&b, argv[2]);
        machines(argv[2]);
        puts("machine_mapped: all is well");
    }
    board_clear(&b);
    return failed;
}
