/* machine_main.c: whole machines in C: literal bytes, every cut, every damaged byte, every refusal. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine_board.h"

/* Streams ---------------------------------------------------------------------------------------------------------- */

typedef struct stream {
    uint8_t *bytes;
    size_t size;
} stream;

static stream saved(board *b)
{
    stream s;
    vms_file *f = vms_file_to_memory();
    EXPECT(f);
    if (vms_machine_save(&b->m, f)) {
        tell(b);
        exit(1);
    }
    const uint8_t *bytes = vms_file_memory(f, &s.size);
    s.bytes = (uint8_t *)malloc(s.size);
    EXPECT(s.bytes);
    memcpy(s.bytes, bytes, s.size);
    vms_file_free(f);
    return s;
}

static bool is_as_before(board *b, const stream *before)
{
    stream now = saved(b);
    bool same = now.size == before->size && memcmp(now.bytes, before->bytes, now.size) == 0;
    free(now.bytes);
    return same;
}

static int load(board *b, const uint8_t *bytes, size_t size, uint32_t flags)
{
    vms_file *f = vms_file_from_memory(bytes, size);
    EXPECT(f);
    int failed = vms_machine_load(&b->m, f, flags);
    EXPECT((b->m.error.code != VMS_MACHINE_OK) == (failed != 0) && !b->m.checking);
    EXPECT(!failed || b->m.error.text[0]);
    vms_file_free(f);
    return failed;
}

/* A pipe: bytes once, a few at a time, and a way back. */
typedef struct pipe_end {
    const uint8_t *bytes;
    size_t left, step, answered;
    uint8_t answers[64];
    int error, put_error;       /* of getting at the end, of the answer behind PONG */
} pipe_end;

static int64_t pipe_get(void *opaque, uint8_t *buf, int64_t pos, size_t size)
{
    pipe_end *p = (pipe_end *)opaque;
    (void)pos;
    size_t some = size < p->step ? size : p->step;
    if (some > p->left)
        some = p->left;
    if (!some && p->error)
        return p->error;
    memcpy(buf, p->bytes, some);
    p->bytes += some;
    p->left -= some;
    return (int64_t)some;
}

static int64_t pipe_put(void *opaque, const uint8_t *buf, int64_t pos, size_t size)
{
    pipe_end *p = (pipe_end *)opaque;
    (void)pos;
    EXPECT(p->answered + size <= sizeof p->answers);
    if (p->answered && p->put_error)
        return p->put_error;
    memcpy(p->answers + p->answered, buf, size);
    p->answered += size;
    return (int64_t)size;
}

static int load_piped(board *b, pipe_end *p, const uint8_t *bytes, size_t size, uint32_t flags)
{
    static const vms_file_ops ops = {.get_buffer = pipe_get, .put_buffer = pipe_put};
    p->bytes = bytes, p->left = size, p->step = 700, p->answered = 0;
    vms_file *f = vms_file_new(&ops, p);
    EXPECT(f);
    int failed = vms_machine_load(&b->m, f, flags);
    vms_file_free(f);
    return failed;
}

static bool says(const board *b, const char *wanted)
{
    char text[4000], small[20];
    size_t length = vms_machine_tell(&b->m, text, sizeof text);
    EXPECT(length == strlen(text) && vms_machine_tell(&b->m, small, sizeof small) == length);
    EXPECT(strncmp(small, text, sizeof small - 1) == 0 && strlen(small) < sizeof small);
    if (strcmp(text, wanted) == 0)
        return true;
    fprintf(stderr, "it says: %s\n", text);
    return false;
}

/* Tests ------------------------------------------------------------------------------------------------------------ */

#define DESCRIPTION_START "{\"page_size\": 65536, \"devices\": ["

static void literal_bytes(void)
{
    static const char wanted[] =
        "QEVM\0\0\0\3"
        "\7\0\0\0\4mini\5\x1e" "configuration/target-page-bits\0\0\0\1\0\0\0\x10"
        "\5\x1a" "configuration/capabilities\0\0\0\1\0\0\0\1\x0fx-ignore-shared"
        "\5\x12" "configuration/uuid\0\0\0\1uuid of 16 bytes"
        "\4\0\0\0\0\4tiny\0\0\0\0\0\0\0\1\1\2\3\4\x7e\0\0\0\0"
        "\4\0\0\0\7\4blob\0\0\0\5\0\0\0\1\1y\x7e\0\0\0\7"
        "\0\6\0\0\0\0" DESCRIPTION_START;
    static const char *const capabilities[] = {"x-ignore-shared"};
    board b;
    board_init(&b, "mini");
    b.m.page_bits = 16, b.m.capabilities = capabilities, b.m.capability_count = 1;
    b.m.uuid = (const uint8_t *)"uuid of 16 bytes";
    b.first = (struct tiny){1, 2, 3, 4};
    EXPECT(vmstate_register(&b.m, NULL, VMSTATE_INSTANCE_ID_ANY, &tiny_device, &b.first, NULL, NULL) == 0);
    vms_section s;
    vms_section_init(&s);
    s.idstr = "blob", s.instance_id = 5, s.version_id = 1, s.section_id = 7;
    s.save_state = text_save, s.load_state = text_load, s.opaque = &b;
    EXPECT(vms_machine_register(&b.m, &s) == 0);
    strcpy(b.text, "y");
    stream out = saved(&b);
    static const char end[] = "\"name\": \"blob\", \"instance_id\": 5, \"size\": 2, \"fields\": "
                              "[{\"name\": \"data\", \"size\": 2, \"type\": \"buffer\"}]}]}";
    EXPECT(out.size > sizeof wanted && memcmp(out.bytes + out.size - strlen(end), end, strlen(end)) == 0);
    char expected[sizeof wanted];
    size_t description = sizeof wanted - sizeof DESCRIPTION_START;
    memcpy(expected, wanted, sizeof wanted);
    vms_put32((uint8_t *)expected + description - 4, (uint32_t)(out.size - description));
    EXPECT(memcmp(out.bytes, expected, sizeof wanted - 1) == 0);
    EXPECT(load(&b, out.bytes, out.size, 0) == 0);

    /* Old machine types: nothing but sections. */
    b.m.switches = VMS_WITHOUT_CONFIGURATION | VMS_WITHOUT_FOOTERS | VMS_WITHOUT_DESCRIPTION;
    static const char bare[] = "QEVM\0\0\0\3\4\0\0\0\0\4tiny\0\0\0\0\0\0\0\1\1\2\3\4"
                               "\4\0\0\0\7\4blob\0\0\0\5\0\0\0\1\1y";
    stream old = saved(&b);
    EXPECT(old.size == sizeof bare && memcmp(old.bytes, bare, sizeof bare) == 0);
    EXPECT(load(&b, old.bytes, old.size, 0) == 0);
    EXPECT(load(&b, out.bytes, out.size, 0) && b.m.error.code == VMS_MACHINE_FRAMING && b.m.error.offset == 8);
    b.m.switches = 0;
    EXPECT(load(&b, old.bytes, old.size, 0) && b.m.error.offset == 8 && b.m.error.low == 7);
    EXPECT(says(&b, "no configuration where it should be (offset 8)"));
    free(old.bytes);
    free(out.bytes);
    board_clear(&b);
}

static void round_trip(board *full, board *empty, const stream *s)
{
    EXPECT(load(empty, s->bytes, s->size, 0) == 0 && is_as_before(empty, s));
    EXPECT(empty->loads == 2 && empty->queue.packets_count == 3 && empty->queue.packets[2].length == 200);
    EXPECT(memcmp(empty->memory, full->memory, PAGES * PAGE) == 0 && strcmp(empty->text, full->text) == 0);
    /* Once more, over what is there; and in pieces. */
    pipe_end p = {.error = 0};
    EXPECT(load(empty, s->bytes, s->size, 0) == 0 && is_as_before(empty, s));
    EXPECT(load_piped(empty, &p, s->bytes, s->size, 0) == 0 && is_as_before(empty, s) && p.answered == 0);
    EXPECT(empty->loads == 5);
}

/* Refused, whatever is cut off; and nothing changes. */
static void every_cut(board *b, const stream *other)
{
    stream before = saved(b);
    for (size_t size = 0; size < other->size; size += size > 600 && size < 12000 ? 97 : 1) {
        uint8_t *cut = (uint8_t *)malloc(size + 1);
        EXPECT(cut);
        memcpy(cut, other->bytes, size);
        EXPECT(load(b, cut, size, 0) && b->m.error.code == VMS_MACHINE_TRUNCATED && !b->m.incomplete);
        EXPECT(size % 40 || is_as_before(b, &before));
        pipe_end p = {.error = 0};
        EXPECT(load_piped(b, &p, cut, size, VMS_LOAD_SHADOW) && !b->m.incomplete);
        EXPECT(size % 40 || is_as_before(b, &before));
        free(cut);
    }
    EXPECT(is_as_before(b, &before));
    free(before.bytes);
}

/* Loaded or refused; if refused, nothing changes. */
static void every_damage(board *b, const stream *other)
{
    stream before = saved(b);
    uint8_t *bytes = (uint8_t *)malloc(other->size);
    size_t refused = 0, taken = 0;
    EXPECT(bytes);
    memcpy(bytes, other->bytes, other->size);
    for (size_t at = 0; at < other->size; at += at > 600 && at < 12000 ? 101 : 1)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            bytes[at] = (uint8_t)(bytes[at] ^ 1u << bit);
            if (load(b, bytes, other->size, 0)) {
                refused++;
                EXPECT(!b->m.incomplete && (refused % 16 || is_as_before(b, &before)));
            } else {
                taken++;
                EXPECT(load(b, before.bytes, before.size, 0) == 0);
            }
            bytes[at] = other->bytes[at];
        }
    EXPECT(is_as_before(b, &before) && refused > 400 && taken > 500);
    free(bytes);
    free(before.bytes);
}

static void hooks_and_functions(board *b, const stream *s)
{
    b->maybe.a = 0;                     /* not sent, as in the stream */
    stream before = saved(b);
    uint32_t ticks = b->clock.ticks;
    pipe_end p = {.error = 0};
    b->strict = true;                   /* the stream has 999 */
    EXPECT(load(b, s->bytes, s->size, 0) && b->m.error.code == VMS_MACHINE_STATE);
    EXPECT(strcmp(b->m.error.section, "clock") == 0 && b->m.error.state.code == VMS_HOOK);
    EXPECT(b->m.error.state.found.bits == (uint64_t)-22 && strcmp(b->m.error.state.text, "post_load") == 0);
    EXPECT(b->clock.ticks == ticks && is_as_before(b, &before));
    EXPECT(load_piped(b, &p, s->bytes, s->size, 0) && b->m.incomplete);
    b->m.incomplete = false;
    EXPECT(b->first.b == 0 && b->clock.ticks == ticks && b->memory[PAGE + 1] == 7);
    memset(b->memory, 0, PAGES * PAGE);
    EXPECT(is_as_before(b, &before));

    /* Incomplete: nothing but another load. */
    EXPECT(load_piped(b, &p, s->bytes, s->size, 0) && b->m.incomplete);
    vms_file *f = vms_file_to_memory();
    EXPECT(vms_machine_save(&b->m, f) && b->m.error.code == VMS_MACHINE_INCOMPLETE);
    b->strict = false;
    EXPECT(load_piped(b, &p, s->bytes, s->size, 0) == 0 && !b->m.incomplete && is_as_before(b, s));

    /* Saves that fail. */
    b->mute = true;
    EXPECT(vms_machine_save(&b->m, f) && b->m.error.code == VMS_MACHINE_STATE && b->m.error.state.code == VMS_HOOK);
    EXPECT(strcmp(b->m.error.section, "clock") == 0);
    EXPECT(vmstate_unregister(&b->m, NULL, &clock_device, &b->clock) == 0);
    EXPECT(vms_machine_save(&b->m, f) && b->m.error.code == VMS_MACHINE_FUNCTION && b->m.error.error == -5);
    EXPECT(b->m.error.instance_id == 2 && vmstate_unregister(&b->m, NULL, &clock_device, &b->clock) == -ENOENT);
    b->mute = false;
    vms_file_free(f);
    free(before.bytes);
}

static void a_block_that_is_not_listed(void)
{
    board with, without;
    board_init(&with, "ram");
    board_init(&without, "ram");
    without.ram.count = 1;
    memset(without.memory, 1, PAGE);
    memset(with.memory, 2, 4 * PAGE);
    EXPECT(vms_machine_register_ram(&with.m, &with.ram) == 0 && vms_machine_register_ram(&without.m, &without.ram) == 0);
    stream s = saved(&without);
    pipe_end p = {.error = 0};
    EXPECT(load_piped(&with, &p, s.bytes, s.size, 0) && with.m.error.code == VMS_MACHINE_DIFFERENT && with.memory[0] == 2);
    EXPECT(load(&with, s.bytes, s.size, VMS_LOAD_KEEP_MISSING) == 0);
    EXPECT(with.memory[0] == 1 && with.memory[PAGE] == 0 && with.memory[3 * PAGE] == 2);
    free(s.bytes);
    board_clear(&with);
    board_clear(&without);
}

static void other_machines(const stream *s)
{
    board b;
    board_init(&b, "a boar");
    b.blocks[1].used_length = 2 * PAGE, b.ram.count = 2, b.blocks[1].host = b.memory;
    b.m.page_bits = 12, b.m.minimum_page_bits = 10;
    uint32_t any = VMSTATE_INSTANCE_ID_ANY;
    EXPECT(vmstate_register(&b.m, NULL, any, &tiny_device, &b.first, NULL, NULL) == 0);
    EXPECT(vms_machine_register_ram(&b.m, &b.ram) == 0 && vms_machine_register_ram(&b.m, &b.ram) == -EEXIST);
    EXPECT(register_savevm(&b.m, "/a/path", "blob", any, 1, text_save, text_load, &b) == 0);
    EXPECT(vmstate_register(&b.m, NULL, any, &dma_device, &b.dma, NULL, NULL) == 0);     /* may be missing */
    EXPECT(load(&b, s->bytes, s->size, 0) && b.m.error.code == VMS_MACHINE_DIFFERENT);
    static const char *const extra[] = {"0000:00:01.0/tiny", "bridge", "clock", "plug", "queue", "tiny"};
    const vms_machine_difference *d = b.m.error.differences;
    EXPECT(b.m.error.difference_count == 10 && d[0].kind == VMS_UNLIKE_MACHINE && strcmp(d[0].subject, "a board") == 0);
    EXPECT(d[1].kind == VMS_UNLIKE_PAGE_BITS && d[1].here == 12 && d[1].there == 10);
    for (size_t i = 0; i < 6; i++)
        EXPECT(d[2 + i].kind == VMS_UNLIKE_EXTRA && strcmp(d[2 + i].subject, extra[i]) == 0);
    EXPECT(d[7].instance_id == 1 && d[8].kind == VMS_UNLIKE_EXTRA && d[8].instance_id == 2);
    EXPECT(d[9].kind == VMS_UNLIKE_MISSING && strcmp(d[9].subject, "/a/path/blob") == 0);
    /* From a pipe only what was found before the first unknown section is known. */
    pipe_end p = {.error = 0};
    EXPECT(load_piped(&b, &p, s->bytes, s->size, 0) && b.m.error.difference_count == 3 && !b.m.incomplete);
    EXPECT(says(&b, "the stream is not of this machine, 'a boar' (offset 20)\n"
                    "  machine: 'a boar' here, 'a board' in the stream\n"
                    "  bits of a page: 12 here, 10 in the stream\n"
                    "  the machine has no section 'plug'"));
    /* With all that stands before RAM, the blocks are looked at, too. */
    EXPECT(vmstate_register(&b.m, NULL, any, &plug_device, &b.plug, NULL, NULL) == 0);
    EXPECT(load(&b, s->bytes, s->size, VMS_LOAD_KEEP_MISSING));
    d = b.m.error.differences;
    EXPECT(b.m.error.difference_count == 9 && d[2].kind == VMS_UNLIKE_RAM && d[2].ram == VMS_RAM_OTHER_LENGTH);
    EXPECT(strcmp(d[2].subject, "vga") == 0 && d[2].here == 2 * PAGE && d[2].there == PAGE);
    board_clear(&b);
}

static void registering(void)
{
    board b;
    vms_section s;
    vms_device old = tiny_device;
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    EXPECT(vms_machine_init(&b.m, "") == -EINVAL && vms_machine_init(&b.m, "\xff") == -EINVAL);
    board_init(&b, "m");
    uint32_t any = VMSTATE_INSTANCE_ID_ANY;
    old.abi--;
    EXPECT(vmstate_register(&b.m, NULL, any, &old, &b.first, NULL, NULL) == -ENOEXEC);
    EXPECT(vmstate_register(&b.m, NULL, any, NULL, &b.first, NULL, NULL) == -EINVAL);
    EXPECT(vmstate_register(&b.m, NULL, any, &tiny_device, NULL, NULL, NULL) == -EINVAL);
    EXPECT(register_savevm(&b.m, NULL, name, 0, 1, text_save, text_load, &b) == -ENAMETOOLONG);
    EXPECT(register_savevm(&b.m, NULL, "\xc0\x80", 0, 1, text_save, text_load, &b) == -EINVAL);
    EXPECT(register_savevm(&b.m, NULL, "x", 0, 1, text_save, NULL, &b) == -EINVAL && b.m.count == 0);
    EXPECT(vmstate_register(&b.m, NULL, 4, &tiny_device, &b.first, NULL, NULL) == 0);
    EXPECT(vmstate_register(&b.m, NULL, 4, &tiny_device, &b.second, NULL, NULL) == -EEXIST);
    EXPECT(vmstate_register(&b.m, NULL, any, &tiny_device, &b.second, NULL, NULL) == 0);
    vms_section_init(&s);
    s.device = &tiny_device, s.state = &b.slot, s.alias_id = 5;
    EXPECT(vms_machine_register(&b.m, &s) == -EEXIST);              /* the second one is instance 5 */
    s.alias_id = 9, s.section_id = 1;
    EXPECT(vms_machine_register(&b.m, &s) == -EEXIST);
    s.dev = "bus", s.section_id = 20, s.priority = 1;
    EXPECT(vms_machine_register(&b.m, &s) == 0);
    b.ram.page_size = 8192;
    EXPECT(vms_machine_register_ram(&b.m, &b.ram) == -EINVAL);
    b.ram.page_size = PAGE, b.ram.flags = VMS_RAM_ADDRESSES;        /* the machine does not say x-ignore-shared */
    EXPECT(vms_machine_register_ram(&b.m, &b.ram) == -EINVAL);
    b.slot.a = 7;
    stream all = saved(&b);
    static const char first[] = "\4\0\0\0\x14\x08" "bus/tiny\0\0\0\0\0\0\0\1\7";      /* of the highest priority */
    EXPECT(memcmp(all.bytes + 14, first, sizeof first - 1) == 0);
    b.slot.a = 0;
    EXPECT(load(&b, all.bytes, all.size, 0) == 0 && b.slot.a == 7);
    /* Older senders: the bare name, with instance or alias. */
    static const uint32_t instances[] = {0, 9};
    for (size_t i = 0; i < 2; i++) {
        uint8_t older[] = "QEVM\0\0\0\3\7\0\0\0\1m\4\0\0\0\1\4tiny\0\0\0\0\0\0\0\1\1\2\3\4\x7e\0\0\0\1";
        vms_put32(older + 24, instances[i]);
        b.m.switches = VMS_WITHOUT_DESCRIPTION;
        b.slot.b = 0;
        EXPECT(load(&b, older, sizeof older, VMS_LOAD_KEEP_MISSING) == 0 && b.slot.b == 2);
        EXPECT(load(&b, older, sizeof older, 0) && b.m.error.difference_count == 2);
    }
    free(all.bytes);
    EXPECT(vmstate_register(&b.m, NULL, any, &stuck_device, &b.slot, NULL, NULL) == 0);
    EXPECT(load(&b, (const uint8_t *)"", 0, 0) && b.m.error.code == VMS_MACHINE_UNMIGRATABLE);
    EXPECT(says(&b, "section 'stuck': the device is unmigratable (offset 0)"));
    board_clear(&b);
}

/* A machine of one device, and what may stand around its section. */
static void frames(void)
{
    static const struct { size_t size; const char *bytes; vms_machine_code code; uint64_t offset; } streams[] = {
#define FRAME(code, offset, text) {sizeof text - 1, text, VMS_MACHINE_##code, offset}
#define START "QEVM\0\0\0\3\7\0\0\0\1m"
#define TINY "\4\0\0\0\1\4tiny\0\0\0\0\0\0\0\1\1\2\3\4\x7e\0\0\0\1"
        FRAME(OK, 0, START TINY "\0"),
        FRAME(FRAMING, 0, "QEVN\0\0\0\3"),
        FRAME(FRAMING, 4, "QEVM\0\0\0\2"),
        FRAME(TRUNCATED, 4, "QEVM\0\0\0"),
        FRAME(FRAMING, 9, "QEVM\0\0\0\3\7\0\0\4\1m"),
        FRAME(FRAMING, 14, START "\5\1x\0\0\0\1"),
        FRAME(FRAMING, 14, START "\7"),
        FRAME(FRAMING, 14, START "\3\0\0\0\1"),
        FRAME(FRAMING, 14, START "\1\0\0\0\1\4tiny\0\0\0\0\0\0\0\1"),
        FRAME(VERSION, 14, START "\4\0\0\0\1\4tiny\0\0\0\0\0\0\0\2"),
        FRAME(DIFFERENT, 14, START "\4\0\0\0\1\4tiny\0\0\0\1\0\0\0\1"),
        FRAME(FRAMING, 20, START "\4\0\0\0\1\4ti\0y\0\0\0\0\0\0\0\1"),
        FRAME(FRAMING, 36, START "\4\0\0\0\1\4tiny\0\0\0\0\0\0\0\1\1\2\3\4\x7f\0\0\0\1"),
        FRAME(FRAMING, 36, START "\4\0\0\0\1\4tiny\0\0\0\0\0\0\0\1\1\2\3\4\x7e\0\0\0\2"),
        FRAME(FRAMING, 41, START TINY TINY),
        FRAME(FRAMING, 41, START TINY "\4\0\0\0\2\4tiny\0\0\0\0\0\0\0\1"),
        FRAME(FRAMING, 42, START TINY "\0x"),
        FRAME(TRUNCATED, 41, START TINY),
        FRAME(DIFFERENT, 14, START "\0"),
        FRAME(OK, 0, START "\x08\0\1\0\0\x08\0\2\0\4abcd" TINY "\0"),
        FRAME(FRAMING, 47, START "\x08\0\1\0\0" TINY "\0x"),
        FRAME(FRAMING, 14, START "\x08\0\2\0\4abcd" TINY "\0"),
        FRAME(FRAMING, 14, START "\x08\0\3\0\0" TINY "\0"),
        FRAME(FRAMING, 14, START "\x08\0\1\0\1x" TINY "\0"),
    };
    board b;
    board_init(&b, "m");
    b.m.switches = VMS_WITHOUT_DESCRIPTION;
    EXPECT(vmstate_register(&b.m, NULL, 0, &tiny_device, &b.first, NULL, NULL) == 0);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        pipe_end p = {.error = 0};
        load(&b, (const uint8_t *)streams[i].bytes, streams[i].size, 0);
        if (b.m.error.code != streams[i].code || b.m.error.offset != streams[i].offset) {
            fprintf(stderr, "stream %zu:\n", i);
            tell(&b);
            exit(1);
        }
        load_piped(&b, &p, (const uint8_t *)streams[i].bytes, streams[i].size, 0);
        EXPECT(b.m.error.code == streams[i].code && b.m.error.offset == streams[i].offset);
    }
    board_clear(&b);
}

/* PONG, and whether it was loaded: to a sender that is there. */
static void answers(void)
{
    static const char pinged[] = START "\x08\0\1\0\0\x08\0\2\0\4abcd" TINY "\0";
    board b;
    board_init(&b, "m");
    b.m.switches = VMS_WITHOUT_DESCRIPTION;
    EXPECT(vmstate_register(&b.m, NULL, 0, &tiny_device, &b.first, NULL, NULL) == 0);
    pipe_end p = {.error = 0};
    EXPECT(load_piped(&b, &p, (const uint8_t *)pinged, sizeof pinged - 1, 0) == 0);
    EXPECT(p.answered == 16 && memcmp(p.answers, "\0\2\0\4abcd\0\1\0\4\0\0\0\0", 16) == 0);
    p.error = -ECONNRESET;
    EXPECT(load_piped(&b, &p, (const uint8_t *)pinged, sizeof pinged - 2, 0));
    EXPECT(b.m.error.code == VMS_MACHINE_CHANNEL && b.m.error.error == -ECONNRESET && b.m.error.offset == 55);
    EXPECT(p.answered == 16 && p.answers[15] == 1);

    /* One that cannot be told keeps its machine. */
    memset(&b.first, 0, sizeof b.first);
    p = (pipe_end){.put_error = -EPIPE};
    EXPECT(load_piped(&b, &p, (const uint8_t *)pinged, sizeof pinged - 1, 0));
    EXPECT(b.m.error.code == VMS_MACHINE_CHANNEL && b.m.error.error == -EPIPE && p.answered == 8 && b.first.d == 0);

    /* So does one that has hung up. */
    int ends[2];
    char said[20];
    vms_file *f;
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    EXPECT(write(ends[0], pinged, sizeof pinged - 1) == sizeof pinged - 1 && shutdown(ends[0], SHUT_WR) == 0);
    vms_descriptors d = {.in = ends[1], .out = ends[1], .idle_ms = -1};
    EXPECT(vms_file_on_descriptors(&f, &d) == 0);
    EXPECT(vms_machine_load(&b.m, f, 0) && b.first.d == 0);
    EXPECT(says(&b, "the sender hung up before it was told that all is loaded: the machine goes on there (offset 56)"));
    EXPECT(read(ends[0], said, sizeof said) == 16 && memcmp(said, "\0\2\0\4abcd\0\1\0\4\0\0\0\1", 16) == 0);
    vms_file_free(f);
    close(ends[0]);
    board_clear(&b);
}

static void descriptions(void)
{
    static const struct { const char *text; bool good; } texts[] = {
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0}]}", true},
        {" {\"devices\":[ {\"x\":[1,{\"y\":null}],\"name\":\"\\u0074iny\",\"instance_id\":-0} ],\"page_size\":512 } ", true},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 1, \"instance_id\": 0}]}", true},
        {"{\"page_size\": 4096, \"devices\": [], \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0}]}", true},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 1}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tin\", \"instance_id\": 0}]}", false},
        {"{\"page_size\": 4096, \"devices\": []}", false},
        {"{\"page_size\": 4095, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0}]}", false},
        {"{\"devices\": [{\"name\": \"tiny\", \"instance_id\": 0}]}", false},
        {"{\"page_size\": 4096}", false},
        {"[]", false},
        {"", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\"}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0.0}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 00}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 18446744073709551616}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\\ud800\", \"instance_id\": 0}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\\x\", \"instance_id\": 0}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\n\", \"instance_id\": 0}]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0},]}", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0}]} x", false},
        {"{\"page_size\": 4096, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0}], \"\xff\": 0}", false},
    };
    board b;
    board_init(&b, "m");
    EXPECT(vmstate_register(&b.m, NULL, 0, &tiny_device, &b.first, NULL, NULL) == 0);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        static const char start[] = START TINY "\0\6\0\0\0\0";
        uint8_t bytes[400];
        size_t size = sizeof start - 1, length = strlen(texts[i].text);
        memcpy(bytes, start, size);
        vms_put32(bytes + size - 4, (uint32_t)length);
        memcpy(bytes + size, texts[i].text, length);
        int failed = load(&b, bytes, size + length, 0);
        if (!failed != texts[i].good) {
            fprintf(stderr, "%s\n", texts[i].text);
            tell(&b);
            exit(1);
        }
        EXPECT(!failed || b.m.error.code == VMS_MACHINE_FRAMING);
    }
    /* As deep as it may be, and deeper. */
    for (size_t depth = 90; depth < 100; depth++) {
        static const char start[] = START TINY "\0\6\0\0\0\0";
        uint8_t bytes[600];
        char text[500] = "{\"page_size\": 512, \"devices\": [{\"name\": \"tiny\", \"instance_id\": 0, \"x\": ";
        size_t size = sizeof start - 1, length = strlen(text);
        memset(text + length, '[', depth);
        memset(text + length + depth, ']', depth);
        strcpy(text + length + 2 * depth, "}]}");
        length = strlen(text);
        memcpy(bytes, start, size);
        vms_put32(bytes + size - 4, (uint32_t)length);
        memcpy(bytes + size, text, length);
        EXPECT((load(&b, bytes, size + length, 0) == 0) == (depth + 3 <= 96));
    }
    board_clear(&b);
}

int main(void)
{
    board full, empty, third;
    literal_bytes();
    registering();
    frames();
    answers();
    descriptions();
    board_init(&full, "a board");
    board_register(&full);
    board_fill(&full);
    stream s = saved(&full);
    board_init(&empty, "a board");
    board_register(&empty);
    round_trip(&full, &empty, &s);
    board_init(&third, "a board");
    board_register(&third);
    third.dma.busy = third.maybe.a = 1;     /* so that a save of it says all */
    every_cut(&third, &s);
    every_damage(&third, &s);
    a_block_that_is_not_listed();
    other_machines(&s);
    hooks_and_functions(&third, &s);
    free(s.bytes);
    board_clear(&full);
    board_clear(&empty);
    board_clear(&third);
    puts("machine: all is well");
    return 0;
}
