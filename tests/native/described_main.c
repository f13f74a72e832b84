/* described_main.c: prints a device's description in ten states, each with all versions it has. What is described must be
 * as large as what is saved, whatever room the text has. */
#include "described.h"
#include "program.h"

static int put_irqs(struct described *s, vms_writer *w, void *opaque)
{
    EXPECT(opaque == s);
    for (int left = s->n * 100; left > 0; left -= 100) {
        uint8_t *p = vms_room(w, 100);
        if (!p)
            return -1;
        memset(p, 0, 100);
    }
    return 0;
}

static int get_irqs(struct described *s, vms_reader *r, void *opaque) { (void)s, (void)r, (void)opaque; return 0; }

/* As large as the indices say. */
static int put_element(vms_writer *w, size_t size)
{
    uint8_t *p = vms_room(w, size);
    if (!p)
        return -1;
    memset(p, 0, size);
    return 0;
}

#define ELEMENT(name)                                                                               \
    static int put_##name(struct described *s, vms_writer *w, size_t index, void *opaque)           \
    {                                                                                               \
        EXPECT(opaque == s);                                                                        \
        return put_element(w, index + 1);                                                           \
    }
#define ELEMENT_OF_ROW(name)                                                                        \
    static int put_##name(struct described *s, vms_writer *w, size_t row, size_t index, void *opaque) \
    {                                                                                               \
        EXPECT(opaque == s);                                                                        \
        return put_element(w, 10 * row + index);                                                    \
    }
ELEMENT(own)
ELEMENT(few)
ELEMENT(all)
ELEMENT_OF_ROW(rows)
ELEMENT_OF_ROW(lines)

static int two_needed(struct described *s, uint32_t version, void *opaque)
{
    (void)opaque;
    EXPECT(version == 3);
    return s->n % 2;
}

static int calls;
static int count_call(struct described *s, void *opaque) { (void)s, (void)opaque; calls++; return 0; }
static int grow_fp(struct described *s, void *opaque) { (void)opaque; s->fp.mant = s->n % 3; return 0; }

static const described_hooks hooks = {
    .get_irqs = get_irqs, .put_irqs = put_irqs, .two_needed = two_needed, .pre_save = count_call,
    .put_own = put_own, .put_few = put_few, .put_all = put_all, .put_rows = put_rows, .put_lines = put_lines,
    .post_save = count_call, .one_pre_save = count_call, .one_post_save = count_call, .fp_pre_save = grow_fp,
};

static void fill(struct described *s, uint8_t n)
{
    described_init(s);
    s->n = n;
    s->some = n % 3;
    s->differ[0].a = n % 2;
    s->differ[1].a = n % 4 == 1;
    s->grow[0].n = n % 5;
    s->grow[1].n = (uint8_t)((n + 2) % 5);
    s->pinned.a = s->newest.a = n % 2;
    s->slots_there[n % 3] = 1;
    s->maybe_there[1] = 1;
    s->maybe_there[0] = n % 2;
    s->maybe[0].n = s->maybe[1].n = n % 4;
    s->ranges[0].len = n % 3;
    s->ranges[1].len = n % 5;
    if (!n)
        return;
    s->frame = (uint8_t *)vms_allocate(s->frame_count = n, 1, NULL);
    s->queue = (struct Pair *)vms_allocate(s->queue_count = n, sizeof *s->queue, NULL);
    s->grown = (struct More *)vms_allocate(s->grown_count = n, sizeof *s->grown, NULL);
    s->keyed = (struct described_keyed_entry *)vms_allocate(s->keyed_count = n, sizeof *s->keyed, NULL);
    s->pairs = (struct described_pairs_entry *)vms_allocate(s->pairs_count = n, sizeof *s->pairs, NULL);
    for (uint8_t i = 0; i < n; i++) {
        s->grown[i].n = i % 5;
        s->keyed[i].key = i;
        s->pairs[i].value.n = i % 4;
    }
}

static int same_flush(vms_writer *w, size_t need) { (void)w, (void)need; return -1; }

static void describe(struct described *s, uint32_t version)
{
    static char text[1 << 16];
    static uint8_t body[1 << 16];
    vms_writer w, save;
    vms_writer_init(&w, text, sizeof text);
    vms_writer_init(&save, body, sizeof body);
    w.opaque = save.opaque = s;
    int64_t size = described_device.describe(s, &w, version, &hooks);
    EXPECT(described_device.save_version(s, &save, version, &hooks) == 0);
    EXPECT(size == save.p - body);
    size_t length = (size_t)((char *)w.p - text);
    printf("%.*s\n", (int)length, text);

    /* Too little room anywhere is an error, and nothing is written behind it. */
    for (size_t room = 0; room < length; room += 1 + room / 8) {
        char *less = (char *)malloc(room + 1);
        EXPECT(less);
        vms_writer_init(&w, less, room);
        w.flush = same_flush;
        w.opaque = s;
        EXPECT(described_device.describe(s, &w, version, &hooks) == -1 && w.error.code == VMS_FULL);
        EXPECT(memcmp(less, text, (size_t)((char *)w.p - less)) == 0);
        free(less);
    }
}

static void refusals(void)
{
    struct described s;
    static char text[1 << 16];
    vms_writer w;
    fill(&s, 3);
    s.n = 9;    /* more than are allocated */
    vms_writer_init(&w, text, sizeof text);
    w.opaque = &s;
    EXPECT(described_device.describe(&s, &w, 5, &hooks) == -1 && w.error.code == VMS_COUNT);
    EXPECT(!strcmp(w.error.path, "frame"));
    s.n = 3;
    s.grow[1].n = 5;    /* muted, and asked all the same */
    vms_writer_init(&w, text, sizeof text);
    w.opaque = &s;
    EXPECT(described_device.describe(&s, &w, 5, &hooks) == -1 && w.error.code == VMS_COUNT);
    EXPECT(!strcmp(w.error.path, "grow[1].v"));
    s.grow[1].n = 4;
    vms_writer_init(&w, text, sizeof text);
    EXPECT(described_device.describe(&s, &w, 5, NULL) == -1 && w.error.code == VMS_NO_HOOK);
    vms_writer_init(&w, text, sizeof text);
    EXPECT(described_device.describe(&s, &w, 6, &hooks) == -1 && w.error.code == VMS_VERSION);
    described_clear(&s);
}

static int save_blob(struct blob *s, vms_writer *w, void *opaque)
{
    (void)s, (void)opaque;
    uint8_t *p = vms_room(w, 131);
    return p ? (memset(p, 0, 131), 0) : -1;
}

int main(void)
{
    for (uint8_t n = 0; n < 10; n++)
        for (uint32_t version = 1; version <= 5; version += 2) {
            struct described s;
            fill(&s, n);
            calls = 0;
            describe(&s, version);
            described_clear(&s);
        }
    EXPECT(calls);
    refusals();
    struct blob blob;
    blob_init(&blob);
    static const blob_hooks own = {.save_state = save_blob};
    char text[100];
    vms_writer w;
    vms_writer_init(&w, text, sizeof text);
    EXPECT(blob_device.describe(&blob, &w, 4, &own) == 131);
    printf("%.*s\n", (int)((char *)w.p - text), text);
    return 0;
}
