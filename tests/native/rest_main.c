/* Doubles, bitmaps, missing elements, lists, maps, allocated arrays, tmp, custom, old versions, opaque devices. */
#include "program.h"
#include "rest.h"

static int pairs_loaded, old_loaded;

static int pair_loaded(struct Pair *s, uint32_t version, void *opaque)
{
    (void)s, (void)opaque;
    EXPECT(version == 1);
    return pairs_loaded++, 0;
}

static int get_irqs(struct rest *s, vms_reader *r, void *opaque)
{
    (void)s, (void)opaque;
    const uint8_t *p = vms_take(r, 2, "irqs");
    return p && p[0] == 0xca && p[1] == 0xfe ? 0 : -1;
}

static int put_irqs(struct rest *s, vms_writer *w, void *opaque)
{
    (void)s, (void)opaque;
    uint8_t *p = vms_room(w, 2);
    if (!p)
        return -1;
    p[0] = 0xca, p[1] = 0xfe;
    return 0;
}

static int fp_pre_save(struct rest *s, void *opaque)
{
    (void)opaque;
    s->fp.mantissa = 0x77;
    return 0;
}

static int load_old(struct rest *s, vms_reader *r, uint32_t version, void *opaque)
{
    (void)opaque;
    EXPECT(version == 0);
    const uint8_t *p = vms_take(r, 1, "everything");
    if (!p)
        return -1;
    s->n = *p;
    old_loaded++;
    return 0;
}

static const rest_hooks hooks = {
    .load_state_old = load_old, .get_irqs = get_irqs, .put_irqs = put_irqs, .fp_pre_save = fp_pre_save,
    .Pair = {.post_load = pair_loaded},
};

static const uint8_t expected[] = {
    2,                                                  /* n */
    0x3f, 0xf8, 0, 0, 0, 0, 0, 0,                       /* ratio 1.5 */
    0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1,  /* seen: bits 0, 63 and 64 */
    0, 0, 0, 0, 0, 0, 0x80, 0x01,                       /* bits: 16 of them, in one word */
    5,                                                  /* then, as version 1 */
    0x30, 1, 0, 2, 0x30,                                /* slots: only number 1 */
    0, 0, 0, 0, 0, 0, 0, 9, 0x30,                       /* timers */
    1, 3, 0, 4, 1, 5, 0, 6, 0,                          /* queue */
    0, 0, 0, 2,                                         /* mappings */
    1, 0, 0, 0, 0, 0, 0, 0, 7, 8, 0, 9,
    1, 0, 0, 0, 0, 0, 0, 1, 7, 10, 0, 11, 0,
    0, 1, 0, 2, 0, 3, 0, 4,                             /* words */
    'o', 'k',                                           /* raw */
    12, 0, 13, 14, 0, 15,                               /* pairs */
    0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80, 0,  /* marks: bits 0 and 79, of 80 */
    0xca, 0xfe, 16, 0x77,                               /* irqs, late, fp */
};

static void receiver(struct rest *s)
{
    rest_init(s);
    s->slots_there[1] = 1;
    s->timers_there[0] = 1;
}

static struct Pair *more(struct Pair **items, uint32_t *count)
{
    void *block = *items;
    struct Pair *added = (struct Pair *)vms_append(&block, count, sizeof *added, NULL);
    EXPECT(added);
    *items = (struct Pair *)block;
    return added;
}

static void fill(struct rest *s)
{
    receiver(s);
    s->n = 2, s->ratio = 1.5, s->then.x = 5, s->then.y = 99, s->late = 16;
    s->seen[0] = UINT64_C(0x8000000000000001), s->seen[1] = 1;
    s->bits[0] = 0x8001;
    s->slots[1] = (struct Pair){1, 2};
    s->timers[0] = 9;
    *more(&s->queue, &s->queue_count) = (struct Pair){3, 4};
    *more(&s->queue, &s->queue_count) = (struct Pair){5, 6};
    s->mappings = vms_allocate(2, sizeof *s->mappings, NULL);
    s->mappings_count = 2;
    s->mappings[0] = (struct rest_mappings_entry){7, {8, 9}};
    s->mappings[1] = (struct rest_mappings_entry){263, {10, 11}};
    s->words = vms_allocate(2, sizeof *s->words, NULL);
    s->words_count = 2;
    for (int i = 0; i < 4; i++)
        s->words[i / 2][i % 2] = (uint16_t)(i + 1);
    s->raw = vms_allocate(2, 1, NULL);
    s->raw_count = 2;
    memcpy(s->raw, "ok", 2);
    s->pairs = vms_allocate(2, sizeof *s->pairs, NULL);
    s->pairs_count = 2;
    s->pairs[0] = (struct Pair){12, 13}, s->pairs[1] = (struct Pair){14, 15};
    s->marks = vms_allocate(2, sizeof *s->marks, NULL);
    s->marks_count = 2;
    s->marks[0] = 1, s->marks[1] = 0x8000;
}

static size_t save(struct rest *s, uint8_t *out, size_t size)
{
    vms_writer w;
    vms_writer_init(&w, out, size);
    return rest_save(s, &w, &hooks) ? 0 : (size_t)(w.p - out);
}

static void there_and_back(void)
{
    struct rest s, t;
    uint8_t out[256];
    fill(&s);
    EXPECT(save(&s, out, sizeof out) == sizeof expected && memcmp(out, expected, sizeof expected) == 0);
    receiver(&t);
    vms_reader r;
    vms_reader_init(&r, expected, sizeof expected);
    EXPECT(rest_load(&t, &r, 3, &hooks) == 0 && pairs_loaded == 7);
    EXPECT(t.ratio == 1.5 && t.queue_count == 2 && t.queue[1].b == 6 && t.mappings[1].key == 263 && t.raw[1] == 'k');
    EXPECT(t.marks_count == 2 && t.marks[0] == 1 && t.marks[1] == 0x8000);
    EXPECT(save(&t, out, sizeof out) == sizeof expected && memcmp(out, expected, sizeof expected) == 0);

    /* A copy of its own, and one that shares until somebody lets go. */
    struct rest copy = t;
    EXPECT(rest_part(&copy) == 0 && copy.queue != t.queue && copy.queue[1].b == 6);
    EXPECT(copy.marks != t.marks && copy.marks[1] == 0x8000);
    struct rest sharer = t;
    rest_share(&sharer);
    rest_clear(&t);
    EXPECT(t.queue == NULL && t.queue_count == 0 && sharer.queue[0].a == 3);
    rest_clear(&sharer);
    rest_clear(&copy);

    /* Too many, too few, out of order. */
    more(&s.queue, &s.queue_count), more(&s.queue, &s.queue_count);
    EXPECT(save(&s, out, sizeof out) == 0);
    s.queue_count = 2;
    s.n = 3;
    EXPECT(save(&s, out, sizeof out) == 0);
    s.n = 2;
    s.marks_count = 1;
    EXPECT(save(&s, out, sizeof out) == 0);
    s.marks_count = 2;
    EXPECT(save(&s, out, sizeof out) == sizeof expected);
    s.mappings[1].key = 7;
    EXPECT(save(&s, out, sizeof out) == 0);
    rest_clear(&s);
}

static void refused(size_t at, uint8_t value, vms_code code, const char *path, uint64_t offset)
{
    uint8_t data[sizeof expected];
    memcpy(data, expected, sizeof data);
    data[at] = value;
    struct rest s, before;
    fill(&s);
    before = s;
    vms_reader r;
    vms_reader_init(&r, data, sizeof data);
    EXPECT(rest_load(&s, &r, 3, &hooks) == -1);
    if (r.error.code != code || strcmp(r.error.path, path) || r.error.offset != offset)
        fprintf(stderr, "%s at %s, offset %d\n", vms_code_name(r.error.code), r.error.path, (int)r.error.offset);
    EXPECT(r.error.code == code && strcmp(r.error.path, path) == 0 && r.error.offset == offset);
    EXPECT(memcmp(&s, &before, sizeof s) == 0);
    rest_clear(&s);
}

static void refusals(void)
{
    refused(34, 0x31, VMS_MARKER, "slots[0]", 34);
    refused(35 + 1, 0xff, VMS_RANGE, "slots[1].b", 36);
    refused(50, 0xff, VMS_RANGE, "queue[0].b", 50);
    refused(60, 3, VMS_COUNT, "mappings", 85);
    refused(60, 4, VMS_COUNT, "mappings", 57);
    refused(60, 1, VMS_COUNT, "mappings", 73);
    refused(80, 0, VMS_KEY, "mappings[1].key", 85);
    refused(sizeof expected - 4, 0, VMS_HOOK, "irqs", sizeof expected - 2);
}

/* Every cut and many alterations: refused without a trace, or loaded; nothing leaks, nothing is freed twice. */
static void hostile(void)
{
    uint32_t seed = 7;
    for (size_t round = 0; round < 20000; round++) {
        uint8_t data[sizeof expected + 1];
        size_t size = round < sizeof expected ? round : sizeof expected;
        memcpy(data, expected, sizeof expected);
        for (int i = 0; size == sizeof expected && i < 2; i++) {
            seed = seed * 1664525u + 1013904223u;
            data[(seed >> 16) % sizeof expected] = (uint8_t)(seed >> 8);
        }
        struct rest s, before;
        fill(&s);
        before = s;
        uint8_t *exact = (uint8_t *)malloc(size + 1);
        EXPECT(exact);
        memcpy(exact, data, size);
        vms_reader r;
        vms_reader_init(&r, exact, size);
        if (rest_load(&s, &r, 3, &hooks))
            EXPECT(memcmp(&s, &before, sizeof s) == 0);
        rest_clear(&s);
        free(exact);
    }
}

static void versions_and_opaque(void)
{
    struct rest s;
    uint8_t out[256];
    fill(&s);
    vms_writer w;
    vms_writer_init(&w, out, sizeof out);
    EXPECT(rest_save_version(&s, &w, 2, &hooks) == 0 && (size_t)(w.p - out) == sizeof expected - 1);
    EXPECT(out[sizeof expected - 2] == 0x77);
    vms_writer_init(&w, out, sizeof out);
    EXPECT(rest_save_version(&s, &w, 4, &hooks) == -1 && w.error.code == VMS_VERSION);
    vms_writer_init(&w, out, sizeof out);
    EXPECT(rest_save(&s, &w, NULL) == -1 && w.error.code == VMS_NO_HOOK && strcmp(w.error.path, "irqs") == 0);
    EXPECT(rest_needed(&s, NULL, &hooks) == 1);

    vms_reader r;
    vms_reader_init(&r, "\x09", 1);
    EXPECT(rest_load(&s, &r, 0, &hooks) == 0 && old_loaded == 1 && s.n == 9);
    EXPECT(rest_needed(&s, NULL, &hooks) == 0);
    vms_reader_init(&r, "\x01", 1);
    EXPECT(rest_load(&s, &r, 0, NULL) == -1 && r.error.code == VMS_NO_HOOK && s.n == 9);
    rest_clear(&s);

    struct legacy l;
    legacy_init(&l);
    vms_reader_init(&r, "", 0);
    EXPECT(legacy_load(&l, &r, 5, NULL) == -1 && r.error.code == VMS_VERSION);
    EXPECT(legacy_load(&l, &r, 4, NULL) == -1 && r.error.code == VMS_NO_HOOK);
}

int main(void)
{
    there_and_back();
    refusals();
    hostile();
    versions_and_opaque();
    puts("rest: all is well");
    return 0;
}
