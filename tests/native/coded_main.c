/* Hooks in C that are called for one element of an array: its indices, their errors, what a refused load leaves. */
#include "coded.h"
#include "program.h"

/* What a hook is called for, and the element of `irqs` that fails, and how. */
typedef struct model {
    uint8_t irqs[4], cells[2][3];
    size_t failing;
    int answer;
} model;

static int get_irqs(struct coded *s, vms_reader *r, size_t index, void *opaque)
{
    model *m = (model *)opaque;
    (void)s;
    EXPECT(index < 4);
    const uint8_t *p = vms_take(r, 1, "");
    if (!p)
        return -1;
    m->irqs[index] = *p;
    return index == m->failing ? m->answer : 0;
}

static int put_irqs(struct coded *s, vms_writer *w, size_t index, void *opaque)
{
    model *m = (model *)opaque;
    (void)s;
    uint8_t *p = vms_room(w, 1);
    if (!p)
        return -1;
    *p = m->irqs[index];
    return index == m->failing ? m->answer : 0;
}

static int get_cells(struct coded *s, vms_reader *r, size_t index0, size_t index1, void *opaque)
{
    model *m = (model *)opaque;
    EXPECT(index0 < s->n && index1 < 3);
    const uint8_t *p = vms_take(r, 1, "");
    if (!p)
        return -1;
    m->cells[index0][index1] = *p;
    return 0;
}

static int store_cells(struct coded *s, vms_writer *w, size_t index0, size_t index1, void *opaque)
{
    model *m = (model *)opaque;
    EXPECT(index0 < s->n && index1 < 3);
    uint8_t *p = vms_room(w, 1);
    if (!p)
        return -1;
    *p = m->cells[index0][index1];
    return 0;
}

static int get_words(struct Lane *s, vms_reader *r, size_t index, void *opaque)
{
    (void)opaque;
    EXPECT(index < s->n);
    const uint8_t *p = vms_take(r, 2, "low");
    return p && p[0] == s->n && p[1] == index ? 0 : -7;
}

static int put_words(struct Lane *s, vms_writer *w, size_t index, void *opaque)
{
    (void)opaque;
    uint8_t *p = vms_room(w, 2);
    if (!p)
        return -1;
    p[0] = s->n, p[1] = (uint8_t)index;
    return 0;
}

static const coded_hooks hooks = {
    .get_irqs = get_irqs, .put_irqs = put_irqs, .get_cells = get_cells, .store_cells = store_cells,
    .Lane = {.get_words = get_words, .put_words = put_words},
};

static const uint8_t body[] = {
    7, 10, 11, 12, 13,          /* a, irqs */
    2, 20, 21, 22, 30, 31, 32,  /* n, cells: row by row */
    1, 1, 0,                    /* lanes[0]: one element */
    2, 2, 0, 2, 1,              /* lanes[1]: two */
};

static void there_and_back(void)
{
    model from = {{10, 11, 12, 13}, {{20, 21, 22}, {30, 31, 32}}, 9, 0}, to = {.failing = 9};
    struct coded s = {.a = 7, .n = 2, .lanes = {{1}, {2}}}, loaded;
    uint8_t room[64];
    vms_writer w;
    vms_reader r;
    vms_writer_init(&w, room, sizeof room);
    w.opaque = &from;
    EXPECT(coded_save(&s, &w, &hooks) == 0);
    EXPECT((size_t)(w.p - room) == sizeof body && memcmp(room, body, sizeof body) == 0);
    coded_init(&loaded);
    vms_reader_init(&r, body, sizeof body);
    r.opaque = &to;
    EXPECT(coded_load(&loaded, &r, 2, &hooks) == 0);
    EXPECT(loaded.a == 7 && loaded.n == 2 && loaded.lanes[1].n == 2);
    EXPECT(memcmp(to.irqs, from.irqs, sizeof to.irqs) == 0 && memcmp(to.cells, from.cells, sizeof to.cells) == 0);

    /* No elements, no calls: nothing needs a hook. */
    static const coded_hooks only_irqs = {.get_irqs = get_irqs, .put_irqs = put_irqs};
    coded_init(&s);
    vms_writer_init(&w, room, sizeof room);
    w.opaque = &from;
    EXPECT(coded_save(&s, &w, &only_irqs) == 0 && w.p - room == 8);
}

/* A load that is refused at `path`; the declared fields are as before. */
static void refused(const uint8_t *data, size_t size, model *m, const coded_hooks *some, vms_code code, const char *path,
                    uint64_t offset)
{
    struct coded s = {.a = 1, .n = 1, .lanes = {{3}, {3}}}, before = s;
    vms_reader r;
    vms_reader_init(&r, data, size);
    r.opaque = m;
    EXPECT(coded_load(&s, &r, 2, some) != 0);
    EXPECT(r.error.code == code && !strcmp(r.error.path, path) && r.error.offset == offset);
    EXPECT(memcmp(&s, &before, sizeof s) == 0);
}

static void refusals(void)
{
    model m = {.failing = 2, .answer = -5};
    uint8_t damaged[sizeof body];
    static const coded_hooks none = {0};
    refused(body, sizeof body, &m, &hooks, VMS_HOOK, "irqs[2]", 4);
    m.failing = 9;
    refused(body, 3, &m, &hooks, VMS_TRUNCATED, "irqs[2]", 3);
    refused(body, 10, &m, &hooks, VMS_TRUNCATED, "cells[1][1]", 10);
    refused(body, sizeof body, &m, &none, VMS_NO_HOOK, "irqs[0]", 1);
    memcpy(damaged, body, sizeof body);
    damaged[5] = 3;
    refused(damaged, sizeof body, &m, &hooks, VMS_COUNT, "cells", 6);
    damaged[5] = 2;
    damaged[sizeof body - 1] = 9;
    refused(damaged, sizeof body, &m, &hooks, VMS_HOOK, "lanes[1].words[1]", sizeof body);
    refused(body, sizeof body - 1, &m, &hooks, VMS_TRUNCATED, "lanes[1].words[1].low", sizeof body - 2);

    struct coded s = {.n = 3};
    uint8_t room[64];
    vms_writer w;
    vms_writer_init(&w, room, sizeof room);
    w.opaque = &m;
    EXPECT(coded_save(&s, &w, &hooks) != 0 && w.error.code == VMS_COUNT && !strcmp(w.error.path, "cells"));
    m.failing = 3, m.answer = 6;
    vms_writer_init(&w, room, sizeof room);
    w.opaque = &m;
    EXPECT(coded_save(&s, &w, &hooks) != 0 && w.error.code == VMS_HOOK && !strcmp(w.error.path, "irqs[3]"));
    EXPECT(w.error.found.bits == 6);
}

int main(void)
{
    there_and_back();
    refusals();
    puts("coded: all is well");
    return 0;
}
