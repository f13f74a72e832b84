/* rewind_main.c: checkpoints of guest memory against plain copies of it, in any order; and how much they hold. */
#include "program.h"
#include "vms_rewind.h"

enum { PAGE = 1024, PAGES = 70, SMALL = 3, TOTAL = (PAGES + SMALL) * PAGE, MOST = 12 };

static uint8_t memory[TOTAL];
static uint32_t state = 1;

static uint32_t any(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static vms_rewind *copied(const vms_ram *ram)
{
    vms_rewind *r = NULL;
    EXPECT(vms_rewind_new(ram, &r) == 0 && r);
    return r;
}

static vms_checkpoint *kept(vms_rewind *r, vms_dirty *dirty)
{
    vms_checkpoint *c = NULL;
    EXPECT(vms_rewind_checkpoint(r, dirty, &c) == 0 && c);
    return c;
}

static void set_up(vms_ram *ram, vms_ram_block *blocks, vms_dirty *dirty)
{
    memset(blocks, 0, 2 * sizeof *blocks);
    memset(ram, 0, sizeof *ram);
    blocks[0].name = "ram";
    blocks[0].host = memory;
    blocks[0].used_length = PAGES * PAGE;
    blocks[1].name = "rom";
    blocks[1].host = memory + PAGES * PAGE;
    blocks[1].used_length = SMALL * PAGE;
    ram->blocks = blocks;
    ram->count = 2;
    ram->page_size = PAGE;
    EXPECT(vms_dirty_init(&dirty[0], PAGES) == 0 && vms_dirty_init(&dirty[1], SMALL) == 0);
}

static void write_some(vms_dirty *dirty)
{
    for (uint32_t i = any(9); i > 0; i--) {
        uint32_t page = any(PAGES + SMALL);
        if (any(4) == 0)
            memset(memory + page * PAGE, 0, PAGE);
        else
            memory[page * PAGE + any(PAGE)] = (uint8_t)any(256);
        vms_dirty_mark(&dirty[page >= PAGES], page >= PAGES ? page - PAGES : page);
    }
}

static void test_any_order(bool marked)
{
    vms_ram ram;
    vms_ram_block blocks[2];
    vms_dirty dirty[2];
    set_up(&ram, blocks, dirty);
    vms_checkpoint *held[MOST] = {NULL};
    uint8_t *copies[MOST];
    for (size_t i = 0; i < MOST; i++)
        EXPECT((copies[i] = (uint8_t *)malloc(TOTAL)) != NULL);
    vms_rewind *r = copied(&ram);
    EXPECT(r);
    for (int step = 0; step < 20000; step++) {
        write_some(dirty);
        uint32_t which = any(MOST), what = any(8);
        if (!marked)
            vms_rewind_compare(r);
        if (!held[which]) {
            held[which] = kept(r, marked ? dirty : NULL);
            EXPECT(held[which]);
            memcpy(copies[which], memory, TOTAL);
        } else if (what < 3) {
            vms_rewind_drop(r, held[which]);
            held[which] = NULL;
        } else {
            vms_rewind_to(r, held[which], marked ? dirty : NULL);
            EXPECT(memcmp(copies[which], memory, TOTAL) == 0);
        }
    }
    uint64_t with = vms_rewind_pages(r);
    for (size_t i = 0; i < MOST; i++)
        if (held[i])
            vms_rewind_drop(r, held[i]);
    /* The base alone, or what one that nobody went on from still has beside it. */
    EXPECT(vms_rewind_pages(r) <= PAGES + SMALL && with >= vms_rewind_pages(r));
    vms_rewind_free(r);
    for (size_t i = 0; i < MOST; i++)
        free(copies[i]);
    vms_dirty_clear(&dirty[0]);
    vms_dirty_clear(&dirty[1]);
}

/* A chain that only one end of which is held does not grow, whichever end it is. */
static void test_no_growth(bool first)
{
    vms_ram ram;
    vms_ram_block blocks[2];
    vms_dirty dirty[2];
    memset(memory, 0xff, sizeof memory);
    set_up(&ram, blocks, dirty);
    vms_rewind *r = copied(&ram);
    EXPECT(r && vms_rewind_pages(r) == PAGES + SMALL);
    vms_checkpoint *start = kept(r, dirty), *before = NULL;
    EXPECT(start);
    if (!first)
        vms_rewind_drop(r, start);
    for (uint32_t step = 0; step < 100000; step++) {
        memory[step % (PAGES * PAGE)] = (uint8_t)step;
        vms_dirty_mark(&dirty[0], step % (PAGES * PAGE) / PAGE);
        vms_checkpoint *now = kept(r, dirty);
        EXPECT(now);
        if (before)
            vms_rewind_drop(r, before);
        before = now;
        EXPECT(vms_rewind_pages(r) <= (first ? 2 * PAGES + SMALL : PAGES + SMALL + 1));
    }
    if (first) {
        EXPECT(vms_rewind_to(r, start, dirty) == PAGES);
        for (size_t i = 0; i < sizeof memory; i++)
            EXPECT(memory[i] == 0xff);
    }
    vms_rewind_free(r);
    vms_dirty_clear(&dirty[0]);
    vms_dirty_clear(&dirty[1]);
}

static void test_costs_what_was_written(void)
{
    vms_ram ram;
    vms_ram_block blocks[2];
    vms_dirty dirty[2];
    memset(memory, 0, sizeof memory);
    set_up(&ram, blocks, dirty);
    vms_rewind *r = copied(&ram);
    EXPECT(r && vms_rewind_pages(r) == 0);      /* zeros take nothing */
    vms_checkpoint *first = kept(r, dirty);
    memory[PAGE] = 1;
    memory[TOTAL - 1] = 2;
    vms_dirty_mark(&dirty[0], 1);
    vms_dirty_mark(&dirty[1], SMALL - 1);
    vms_checkpoint *second = kept(r, dirty);
    EXPECT(first && second && vms_rewind_pages(r) == 2);
    EXPECT(vms_rewind_to(r, second, dirty) == 0);
    EXPECT(vms_rewind_to(r, first, dirty) == 2 && memory[PAGE] == 0 && memory[TOTAL - 1] == 0);
    EXPECT(vms_rewind_to(r, second, dirty) == 2 && memory[PAGE] == 1 && memory[TOTAL - 1] == 2);
    EXPECT(vms_rewind_pages(r) == 2);
    memory[2 * PAGE] = 3;                       /* nobody marks it */
    EXPECT(vms_rewind_to(r, second, dirty) == 0 && memory[2 * PAGE] == 3);
    EXPECT(vms_rewind_compare(r) == 1);
    EXPECT(vms_rewind_to(r, second, NULL) == 1 && memory[2 * PAGE] == 0);
    vms_rewind_free(r);
    vms_dirty_clear(&dirty[0]);
    vms_dirty_clear(&dirty[1]);
}

/* As from a kernel, which notes what a rewind writes, too: it is neither kept nor put back again. */
static void test_more_is_set_than_was_changed(void)
{
    vms_ram ram;
    vms_ram_block blocks[2];
    vms_dirty dirty[2];
    memset(memory, 0xff, sizeof memory);
    memset(memory + 2 * PAGE, 0, PAGE);
    set_up(&ram, blocks, dirty);
    vms_rewind *r = copied(&ram);
    vms_checkpoint *start = kept(r, dirty);
    EXPECT(start && vms_rewind_pages(r) == PAGES + SMALL - 1);
    vms_dirty_mark_range(&dirty[0], 0, PAGES);
    memory[PAGE] = 1;
    memory[2 * PAGE] = 1;
    EXPECT(vms_rewind_compare_dirty(r, dirty) == 2 && vms_dirty_count(&dirty[0]) == 0);
    EXPECT(vms_rewind_to(r, start, NULL) == 2 && memory[PAGE] == 0xff && memory[2 * PAGE] == 0);
    vms_dirty_mark_range(&dirty[0], 0, PAGES);
    EXPECT(vms_rewind_compare_dirty(r, dirty) == 0 && vms_rewind_to(r, start, NULL) == 0);
    memory[TOTAL - 1] = 5;
    EXPECT(vms_rewind_compare_dirty(r, dirty) == 0);        /* nobody marks it */
    vms_dirty_mark_range(&dirty[0], 0, PAGES);
    vms_dirty_mark_range(&dirty[1], 0, SMALL);
    vms_checkpoint *second = kept(r, dirty);
    EXPECT(second && vms_rewind_pages(r) == PAGES + SMALL - 1 + 1);
    EXPECT(vms_rewind_to(r, start, dirty) == 1 && memory[TOTAL - 1] == 0xff);
    EXPECT(vms_rewind_to(r, second, dirty) == 1 && memory[TOTAL - 1] == 5);
    vms_rewind_free(r);
    vms_dirty_clear(&dirty[0]);
    vms_dirty_clear(&dirty[1]);
}

static void test_a_long_chain(void)
{
    enum { LONG = 20000 };
    vms_ram ram;
    vms_ram_block blocks[2];
    vms_dirty dirty[2];
    memset(memory, 0, sizeof memory);
    set_up(&ram, blocks, dirty);
    vms_rewind *r = copied(&ram);
    vms_checkpoint **chain = (vms_checkpoint **)malloc(LONG * sizeof *chain);
    EXPECT(r && chain);
    for (uint32_t i = 0; i < LONG; i++) {
        memcpy(memory + i % PAGES * PAGE, &i, sizeof i);
        vms_dirty_mark(&dirty[0], i % PAGES);
        EXPECT((chain[i] = kept(r, dirty)) != NULL);
    }
    for (uint32_t turn = 0; turn < 4; turn++) {
        uint32_t i = turn % 2 ? LONG - 1 : 100, found;
        vms_rewind_to(r, chain[i], dirty);
        memcpy(&found, memory + i % PAGES * PAGE, sizeof found);
        EXPECT(found == i);
    }
    vms_rewind_free(r);
    free(chain);
    vms_dirty_clear(&dirty[0]);
    vms_dirty_clear(&dirty[1]);
}

int main(void)
{
    test_any_order(true);
    test_any_order(false);
    test_no_growth(true);
    test_no_growth(false);
    test_costs_what_was_written();
    test_more_is_set_than_was_changed();
    test_a_long_chain();
    puts("rewind: all is well");
    return 0;
}
