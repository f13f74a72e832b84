/* Every device of everything.vms, filled, then: any cursor, any cut, any damage to the bytes, any damage to the memory. */
#include "everything.h"
#include "program.h"

typedef struct sample {
    const vms_device *device;
    uint32_t version;
    void (*fill)(void *state);
    size_t size;            /* of what a save writes */
} sample;

static void fill_one_run(void *state)
{
    struct one_run *s = (struct one_run *)state;
    s->kind = Mode_WRITE, s->a = 1000, s->b = INT64_MIN, s->ready = 1, s->words[4] = 0xdeadbeef;
}

static void fill_truths(void *state)
{
    struct truths *s = (struct truths *)state;
    s->twice = 1, s->flag = 1, s->pair[1] = 1, s->flags[8] = 1, s->more = 7, s->wide = 1;
    memcpy(s->tail, "tails", 5);
}

static void fill_sums(void *state)
{
    struct sums *s = (struct sums *)state;
    s->a = INT32_MIN, s->c = INT64_MIN, s->d = UINT64_MAX, s->e = INT64_MIN + 1;
    s->shift = 63, s->f = 1, s->list[0] = 1, s->g = 3, s->h = 9, s->id = 77, s->later = 5;
}

static void fill_counts(void *state)
{
    struct counts *s = (struct counts *)state;
    s->small = 3;
    s->slots[0].level = 9, s->slots[0].extra = 0x01020304;
    for (uint16_t i = 0; i < 9; i++)
        s->slots[0].data[i] = (uint16_t)(0x0500 + i);      /* looks like the start of a subsection */
    s->slots[2].level = 2, s->slots[2].ready = 1;
    s->signed_ = 20, s->wide = 4;
    memcpy(s->bytes, "\005\012counts/big", 12);
    s->longs[3] = -1;
    s->grid[2][1][1] = 0xabcd;
    s->items[0].n = 2, s->items[2].n = 1, s->items[2].m[0] = 8;
    s->rooms[3].cfg = 3, s->rooms[3].on = 1;
    s->big[0] = 1, s->big[99] = 2, s->deep = 1, s->then = 9;
}

static void fill_timers(void *state)
{
    fill_counts(state);
    struct counts *s = (struct counts *)state;
    s->wide = 3;
}

static void fill_large(void *state)
{
    struct large *s = (struct large *)state;
    s->n = 700, s->table[699] = 1, s->used[699] = 2, s->last = 1;
}

static const sample samples[] = {
    {&one_run_device, 1, fill_one_run, 32}, {&truths_device, 1, fill_truths, 23}, {&sums_device, 2, fill_sums, 47},
    {&counts_device, 1, fill_counts, 652},  {&counts_device, 1, fill_timers, 246}, {&large_device, 1, fill_large, 8403},
};

static const uint8_t edges[7] = {0, 1, 4, 5, 0x7f, 0x80, 0xff};

static uint32_t seed = 20;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

/* Memory of exactly this size, so that a sanitizer sees the byte behind it. */
static void *exact(const void *bytes, size_t size)
{
    void *copy = malloc(size ? size : 1);
    EXPECT(copy);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

static void *filled(const sample *of)
{
    void *state = malloc(of->device->state_size);
    EXPECT(state);
    of->device->init(state);
    of->fill(state);
    return state;
}

/* The bytes of a state in memory of the size; *size is 0 if it was refused. */
static uint8_t *saved(const vms_device *device, void *state, size_t *size, vms_error *error)
{
    uint8_t *room = (uint8_t *)malloc((size_t)device->size_max);
    EXPECT(room);
    vms_writer w;
    vms_writer_init(&w, room, (size_t)device->size_max);
    int failed = device->save(state, &w, NULL);
    *size = failed ? 0 : (size_t)(w.p - room);
    *error = w.error;
    EXPECT(!failed || (w.error.code != VMS_OK && w.error.code != VMS_FULL));
    return room;
}

/* A load into a copy of `before`; what a refusal leaves is what there was. */
static int loaded(const sample *of, vms_reader *r, const void *before, void **after)
{
    *after = exact(before, of->device->state_size);
    int failed = of->device->load(*after, r, of->version, NULL);
    EXPECT(failed == 0 || failed == -1);
    EXPECT((failed == 0) == (r->error.code == VMS_OK));
    EXPECT(!failed || memcmp(*after, before, of->device->state_size) == 0);
    return failed;
}

static void same_refusal(const vms_error *a, const vms_error *b)
{
    EXPECT(a->code == b->code && a->offset == b->offset);
    EXPECT(strcmp(a->path, b->path) == 0 && strcmp(a->text, b->text) == 0);
}

/* The bytes in one piece, and in pieces: one verdict, one state. */
static void any_cursor(const sample *of, const uint8_t *bytes, size_t size, const void *before)
{
    static const size_t steps[] = {1, 2, 3, 7, 64};
    uint8_t *data = (uint8_t *)exact(bytes, size);
    void *whole, *parts;
    vms_reader r;
    vms_reader_init(&r, data, size);
    int failed = loaded(of, &r, before, &whole);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        trickle t;
        trickle_init(&t, data, size, steps[i]);
        EXPECT(loaded(of, &t.reader, before, &parts) == failed);
        EXPECT(memcmp(parts, whole, of->device->state_size) == 0);
        if (failed)
            same_refusal(&t.reader.error, &r.error);
        free(parts);
        free(t.buffer);
    }
    free(whole);
    free(data);
}

static void any_cut(const sample *of, const uint8_t *bytes, size_t size, const void *before)
{
    size_t stride = size > 1000 ? 37 : 1;
    for (size_t cut = 0; cut < size; cut += stride)
        any_cursor(of, bytes, cut, before);
    any_cursor(of, bytes, size, before);
}

/* One more byte behind the end is refused, or left alone if the load need not be whole. */
static void what_follows(const sample *of, const uint8_t *bytes, size_t size, const void *before)
{
    uint8_t *longer = (uint8_t *)malloc(size + 3);
    EXPECT(longer);
    memcpy(longer, bytes, size);
    memcpy(longer + size, "\005\001x", 3);
    any_cursor(of, longer, size + 3, before);
    for (size_t step = 1; step <= 4; step++) {
        void *after;
        trickle t;
        trickle_init(&t, longer, size + 3, step);
        t.reader.whole = false;
        EXPECT(loaded(of, &t.reader, before, &after) == 0);
        EXPECT(t.reader.end_offset - (uint64_t)(t.reader.end - t.reader.p) == size);
        free(after);
        free(t.buffer);
    }
    free(longer);
}

static void any_room(const sample *of, void *state, const uint8_t *bytes, size_t size)
{
    uint8_t *out = (uint8_t *)malloc(size);
    EXPECT(out);
    for (size_t room = 0; room <= 64; room++) {
        drain d;
        drain_init(&d, out, room);
        if (of->device->save(state, &d.writer, NULL)) {
            EXPECT(d.writer.error.code == VMS_FULL && d.writer.error.low.bits > room);
            continue;
        }
        drain_empty(&d);
        EXPECT(d.written == size && memcmp(out, bytes, size) == 0);
    }
    for (size_t room = 0; room < size; room += size > 1000 ? 41 : 1) {
        uint8_t *small = (uint8_t *)exact(bytes, room);
        vms_writer w;
        vms_writer_init(&w, small, room);
        EXPECT(of->device->save(state, &w, NULL) == -1 && w.error.code == VMS_FULL);
        free(small);
    }
    free(out);
}

/* Altered, doubled, lost and repeated bytes. What is accepted can be saved, and the save comes back the same. */
static void damaged_bytes(const sample *of, const uint8_t *bytes, size_t size, const void *before, int rounds)
{
    size_t most = size * 2 + 16;
    uint8_t *data = (uint8_t *)malloc(most);
    EXPECT(data);
    for (int round = 0; round < rounds; round++) {
        memcpy(data, bytes, size);
        size_t length = size;
        for (uint32_t change = dice(3) + 1; change; change--) {
            /* Mostly near an end: that is where counts and headers are. */
            size_t reach = dice(2) && length > 60 ? 60 : length;
            size_t at = dice(2) ? dice((uint32_t)reach) : length - 1 - dice((uint32_t)reach);
            switch (dice(6)) {
            case 0: data[at] ^= (uint8_t)(1u << dice(8)); break;
            case 1: data[at] = (uint8_t)dice(256); break;
            case 2: data[at] = edges[dice(7)]; break;
            case 3:
                if (length < most) {
                    memmove(data + at + 1, data + at, length - at);
                    length++;
                }
                break;
            case 4: length = at + 1; break;
            default: {                      /* a tail once more: subsections twice */
                size_t tail = length - at < most - length ? length - at : most - length;
                memmove(data + length, data + at, tail);
                length += tail;
            }
            }
        }
        if (round % 8 == 0)
            any_cursor(of, data, length, before);
        uint8_t *only = (uint8_t *)exact(data, length);
        void *after, *again;
        vms_reader r;
        vms_reader_init(&r, only, length);
        if (loaded(of, &r, before, &after))
            EXPECT(r.error.offset <= length && memchr(r.error.path, 0, sizeof r.error.path));
        else {
            size_t count;
            vms_error error;
            uint8_t *out = saved(of->device, after, &count, &error);
            EXPECT(count);
            vms_reader_init(&r, out, count);
            EXPECT(of->device->version != of->version || !loaded(of, &r, after, &again));
            if (of->device->version == of->version)
                free(again);
            free(out);
        }
        free(after);
        free(only);
    }
    free(data);
}

/* A program may store anything in a state: a save refuses it, or writes what a load accepts. */
static void damaged_memory(const sample *of, const void *good, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        uint8_t *state = (uint8_t *)exact(good, of->device->state_size);
        for (uint32_t change = dice(4) + 1; change; change--) {
            size_t reach = dice(2) && of->device->state_size > 40 ? 40 : of->device->state_size;
            state[dice((uint32_t)reach)] = dice(2) ? (uint8_t)dice(256) : edges[dice(7)];
        }
        size_t count;
        vms_error error;
        uint8_t *out = saved(of->device, state, &count, &error);
        if (count) {
            uint8_t *only = (uint8_t *)exact(out, count);
            void *after;
            vms_reader r;
            vms_reader_init(&r, only, count);
            EXPECT(loaded(of, &r, state, &after) == 0);
            size_t again;
            uint8_t *second = saved(of->device, after, &again, &error);
            EXPECT(again == count && memcmp(second, only, count) == 0);
            free(second);
            free(after);
            free(only);
        }
        free(out);
        free(state);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const sample *of = &samples[i];
        void *good = filled(of), *before = filled(of);
        size_t size;
        vms_error error;
        uint8_t *bytes = saved(of->device, good, &size, &error);
        if (size != of->size) {
            fprintf(stderr, "%s: %zu bytes, not %zu\n", of->device->name, size, of->size);
            return 1;
        }
        int rounds = of->device->state_size > 4096 ? 400 : 6000;
        any_cut(of, bytes, size, before);
        what_follows(of, bytes, size, before);
        any_room(of, good, bytes, size);
        damaged_bytes(of, bytes, size, before, rounds);
        damaged_memory(of, good, rounds);
        free(bytes);
        free(before);
        free(good);
    }
    puts("everything: all is well");
    return 0;
}
