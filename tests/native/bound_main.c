/* Structs of the program's own: the schema's members of them are saved and loaded, the others are nobody's business. */
#include "bound.h"
#include "program.h"
#include "vms_machine.h"

typedef struct port {
    struct SerialState s;
    uint8_t data[FIFO_SIZE];
    int refuse, wants;
} port;

static port a, b;

static int pre_save(struct SerialState *s, void *opaque)
{
    (void)opaque;
    s->scratch++;
    return 0;
}

static int post_load(struct SerialState *s, uint32_t version, void *opaque)
{
    EXPECT(version == 2 || version == 3);
    s->wakes++;
    return ((port *)opaque)->refuse;
}

static int wants(struct SerialState *s, uint32_t version, void *opaque)
{
    (void)s;
    EXPECT(version == 1);
    return ((port *)opaque)->wants;
}

static const port_hooks hooks = {.pre_save = pre_save, .post_load = post_load, .wants = wants};

static void make(port *p)
{
    memset(p, 0x5a, sizeof *p);
    p->s.queue.data = p->data;
    p->s.windows = malloc(2 * sizeof *p->s.windows);
    EXPECT(p->s.windows);
    p->s.windows[0].users = p->s.windows[1].users = 3;
    p->refuse = p->wants = 0;
    port_init(&p->s);
    p->s.ncpus = 4;
    p->s.wakes = 0;
}

static void expect_others(const port *p)
{
    EXPECT(p->s.lock == 0x5a5a5a5a && p->s.position.z == 0x5a5a5a5a && p->s.queue.capacity == 0x5a5a5a5a);
    EXPECT(p->s.queue.data == p->data && p->s.windows[0].users == 3 && p->s.windows[1].users == 3);
}

static size_t save(port *p, uint8_t *room, size_t size)
{
    vms_writer w;
    vms_writer_init(&w, room, size);
    w.opaque = p;
    EXPECT(port_save(&p->s, &w, &hooks) == 0);
    return (size_t)(w.p - room);
}

static int load(port *p, vms_reader *r, const void *bytes, size_t size, uint32_t version)
{
    vms_reader_init(r, bytes, size);
    r->opaque = p;
    return port_load(&p->s, r, version, &hooks);
}

/* divider, irq, levels, scratch, queue, position, windows, frame_size, frame, ncpus, priority */
#define HEAD "\0\x0d\1\1\0\x09\2hi\0\0\0\7\0\0\0\x08\1\2\1\0\3\0\0\3abc\4\6"
#define EXTRA "\5\x0aport/extra\0\0\0\1\0\0\0\x09"
#define ASKED "\5\x0aport/asked\0\0\0\1\x2a"

static const char full[] = HEAD, older[] = "\0\x0d\1\1\0\2hi\0\0\0\7\0\0\0\x08\1\2\1\0\3\0\0\3abc\4\6";

static void test_reset(void)
{
    make(&a);
    expect_others(&a);
    EXPECT(a.s.divider == 12 && !a.s.irq && !a.s.levels[0] && !a.s.levels[1] && a.s.scratch == 0);
    EXPECT(a.s.queue.used == 0 && a.data[0] == 0 && a.data[15] == 0 && a.s.position.x == 1 && a.s.position.y == 0);
    EXPECT(a.s.windows[1].base == 0 && !a.s.windows[1].open && a.s.frame == NULL && a.s.frame_count == 0);
    EXPECT(a.s.more == 5 && a.s.answer == 0);
    free(a.s.windows);
}

static void test_there_and_back(void)
{
    vms_reader r;
    uint8_t room[128];
    make(&a);
    EXPECT(load(&a, &r, full, sizeof full - 1, 3) == 0 && a.s.wakes == 1);
    expect_others(&a);
    EXPECT(a.s.divider == 13 && a.s.irq && a.s.levels[0] && !a.s.levels[1] && a.s.scratch == 9);
    EXPECT(a.s.queue.used == 2 && memcmp(a.data, "hi", 2) == 0 && a.s.position.x == 7 && a.s.position.y == 8);
    EXPECT(a.s.windows[0].base == 0x0102 && a.s.windows[0].open && a.s.windows[1].base == 3 && !a.s.windows[1].open);
    EXPECT(a.s.frame_count == 3 && memcmp(a.s.frame, "abc", 3) == 0 && a.s.priority == 6);
    a.s.scratch--;                  /* the hook counts */
    EXPECT(save(&a, room, sizeof room) == sizeof full - 1 && memcmp(room, full, sizeof full - 1) == 0);

    EXPECT(load(&a, &r, older, sizeof older - 1, 2) == 0 && a.s.scratch == 7 && a.s.wakes == 2);
    a.s.divider = 0x101;
    a.s.more = 9;
    a.s.answer = 42;
    a.wants = 1;
    static const char both[] = "\1\1" "\1\1\0\x08" "\2hi\0\0\0\7\0\0\0\x08\1\2\1\0\3\0\0\3abc\4\6" EXTRA ASKED;
    EXPECT(save(&a, room, sizeof room) == sizeof both - 1 && memcmp(room, both, sizeof both - 1) == 0);
    make(&b);
    EXPECT(load(&b, &r, both, sizeof both - 1, 3) == 0 && b.s.more == 9 && b.s.answer == 42);
    vms_writer w;
    vms_writer_init(&w, room, sizeof room);
    EXPECT(port_save(&b.s, &w, NULL) == 0);     /* nobody says that it is wanted: it is not */
    EXPECT((size_t)(w.p - room) == sizeof both - sizeof ASKED && memcmp(w.p - 4, "\0\0\0\x09", 4) == 0);
    port_clear(&a.s);
    port_clear(&b.s);
    free(a.s.windows);
    free(b.s.windows);
}

/* What is declared is as it was, wherever the load ended; what is not was left to the hooks. */
static void test_refused(void)
{
    static const struct {
        const char *bytes;
        size_t size;
        vms_code code;
        const char *path;
        int wakes;
    } bad[] = {
#define BAD(bytes, code, path, wakes) {bytes, sizeof(bytes) - 1, code, path, wakes}
        BAD("\0\x20\1\1\0\x09\2", VMS_TRUNCATED, "queue.data", 0),
        BAD("\0\0\1\1\0\x09\2hi", VMS_RANGE, "divider", 0),
        BAD("\0\x20\1\1\0\x09\x11", VMS_RANGE, "queue.used", 0),
        BAD("\0\x20\0\0\1\x0a\1x\0\0\0\1\0\0\0\2\1\1\1\1\1\1\0\1Z\5\1", VMS_EQUAL, "ncpus", 0),
        BAD("\0\x20\0\0\1\x0a\1x\0\0\0\1\0\0\0\2\1\1\1\1\1\1\0\1Z\4\1" EXTRA EXTRA, VMS_REPEATED_SUBSECTION, "", 0),
        BAD("\0\x20\0\0\1\x0a\1x\0\0\0\1\0\0\0\2\1\1\1\1\1\1\0\1Z\4\1" EXTRA "!", VMS_TRAILING, "", 1),
        BAD("\0\x20\0\0\1\x0a\1x\0\0\0\1\0\0\0\2\1\1\1\1\1\1\0\1Z\4\1", VMS_HOOK, "", 1),
    };
    vms_reader r;
    make(&a);
    EXPECT(load(&a, &r, full, sizeof full - 1, 3) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t room[128];
        a.s.wakes = 0;
        a.s.lock = 77;
        a.refuse = bad[i].code == VMS_HOOK ? -5 : 0;
        EXPECT(load(&a, &r, bad[i].bytes, bad[i].size, 3) != 0);
        EXPECT(r.error.code == bad[i].code);
        EXPECT(strcmp(r.error.path, bad[i].path) == 0);
        EXPECT(a.s.wakes == bad[i].wakes && a.s.lock == 77 && a.s.windows[1].users == 3);
        a.s.scratch--;
        EXPECT(save(&a, room, sizeof room) == sizeof full - 1 && memcmp(room, full, sizeof full - 1) == 0);
    }
    port_clear(&a.s);
    free(a.s.windows);
}

/* One of ours, with two of theirs in it. */
static void test_inside_of_others(void)
{
    uint8_t data[2][FIFO_SIZE];
    struct board board;
    vms_reader r;
    for (int i = 0; i < 2; i++)
        board.queues[i] = (Fifo8){.owner = "me", .data = data[i], .capacity = 5};
    board_init(&board);
    EXPECT(board.queues[1].owner && board.queues[1].data == data[1] && board.queues[1].capacity == 5);
    vms_reader_init(&r, (const uint8_t *)"\1\1a\2bc", 6);
    EXPECT(board_load(&board, &r, 1) == 0 && data[0][0] == 'a' && data[1][1] == 'c' && board.id == 1);
    vms_reader_init(&r, (const uint8_t *)"\x09\1x\1y", 5);
    EXPECT(board_load(&board, &r, 1) != 0 && r.error.code == VMS_CHECK);
    EXPECT(board.id == 1 && data[0][0] == 'a' && board.queues[1].used == 2 && memcmp(data[1], "bc", 2) == 0);
    EXPECT(strcmp(board.queues[0].owner, "me") == 0);
}

/* A machine looks at a stream before it takes any of it, and puts back what it has loaded if there is no more. */
static void test_machine(void)
{
    uint8_t data[2][2][FIFO_SIZE];
    struct board boards[2];
    vms_machine m;
    EXPECT(vms_machine_init(&m, "x") == 0);
    m.switches = VMS_WITHOUT_CONFIGURATION;
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++)
            boards[i].queues[k] = (Fifo8){.owner = "me", .data = data[i][k], .capacity = 5};
        board_init(&boards[i]);
        vms_section section;
        vms_section_init(&section);
        section.device = &board_device;
        section.state = &boards[i];
        section.instance_id = (uint32_t)i;
        EXPECT(vms_machine_register(&m, &section) == 0);
        boards[i].id = 3;
        boards[i].queues[1].used = 1;
        data[i][1][0] = (uint8_t)('p' + i);
    }
    vms_file *f = vms_file_to_memory();
    EXPECT(f && vms_machine_save(&m, f) == 0);
    size_t size;
    const uint8_t *bytes = vms_file_memory(f, &size);
    for (int cut = 1; cut >= 0; cut--) {
        boards[0].queues[0].owner = "you";
        data[0][1][0] = data[1][1][0] = 'z';
        vms_file *again = vms_file_from_memory(bytes, size);
        if (cut) {
            vms_file_free(again);
            again = vms_file_from_memory(bytes, size / 2);
        }
        EXPECT(again && (vms_machine_load(&m, again, 0) != 0) == cut);
        EXPECT(data[0][1][0] == (cut ? 'z' : 'p') && data[1][1][0] == (cut ? 'z' : 'q'));
        EXPECT(strcmp(boards[0].queues[0].owner, "you") == 0 && boards[1].queues[0].data == data[1][0]);
        vms_file_free(again);
    }
    vms_file_free(f);
    vms_machine_clear(&m);
}

static int put_secret(Secret *s, vms_writer *w, void *opaque)
{
    uint8_t *p = vms_room(w, 1);
    EXPECT(opaque == &a);
    if (!p)
        return -1;
    *p = (uint8_t)s->value;
    return 0;
}

static int get_secret(Secret *s, vms_reader *r, uint32_t version, void *opaque)
{
    const uint8_t *p = vms_take(r, 1, "value");
    EXPECT(version == 1 && opaque == &a);
    if (!p)
        return -1;
    s->value = *p;
    return s->value == 13 ? -22 : 0;
}

/* With hooks, and what only they know. The last device refuses; then the stream is good. */
static void test_machine_with_hooks(void)
{
    static const secret_hooks secret = {.save_state = put_secret, .load_state = get_secret};
    static const struct {
        const vms_device *device;
        const void *hooks;
    } parts[] = {{&port_device, &hooks}, {&secret_device, &secret}};
    Secret own = {.value = 13};
    vms_machine m;
    vms_reader r;
    make(&a);
    EXPECT(load(&a, &r, full, sizeof full - 1, 3) == 0);
    EXPECT(vms_machine_init(&m, "x") == 0);
    m.switches = VMS_WITHOUT_CONFIGURATION | VMS_WITHOUT_DESCRIPTION;
    for (int i = 0; i < 2; i++) {
        vms_section section;
        vms_section_init(&section);
        section.device = parts[i].device;
        section.hooks = parts[i].hooks;
        section.state = i ? (void *)&own : (void *)&a.s;
        section.opaque = &a;
        EXPECT(vms_machine_register(&m, &section) == 0);
    }
    for (int good = 0; good < 2; good++) {
        own.value = good ? 14 : 13;
        vms_file *f = vms_file_to_memory();
        EXPECT(f && vms_machine_save(&m, f) == 0);
        size_t size;
        const uint8_t *bytes = vms_file_memory(f, &size);
        own.value = 5;
        a.s.divider = 99;
        a.s.frame[0] = 'A';
        a.s.lock = 6;
        a.s.wakes = 0;
        vms_file *again = vms_file_from_memory(bytes, size);
        EXPECT(again && (vms_machine_load(&m, again, 0) == 0) == good && !m.incomplete);
        EXPECT(own.value == (good ? 14 : 5) && a.s.divider == (good ? 13 : 99) && a.s.frame[0] == (good ? 'a' : 'A'));
        EXPECT(a.s.frame_count == 3 && a.s.lock == 6 && a.s.wakes == 1 + good && a.s.queue.data == a.data);
        a.s.divider = 13;
        a.s.frame[0] = 'a';
        vms_file_free(again);
        vms_file_free(f);
    }
    vms_machine_clear(&m);
    port_clear(&a.s);
    free(a.s.windows);
}

int main(void)
{
    test_reset();
    test_there_and_back();
    test_refused();
    test_inside_of_others();
    test_machine();
    test_machine_with_hooks();
    puts("bound: all is well");
    return 0;
}
