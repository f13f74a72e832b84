/* machine_board.h: the machine of the tests, with a device of every kind; tests/native/test_machine.py has it in Python. */
#ifndef MACHINE_BOARD_H
#define MACHINE_BOARD_H

#include "machine.h"
#include "program.h"
#include "vms_machine.h"

enum { PAGE = 4096, PAGES = 4 };

typedef struct board {
    vms_machine m;
    struct bridge bridge;
    struct tiny slot, first, second;
    struct clock clock;
    struct dma dma;
    struct maybe maybe;
    struct plug plug;
    struct queue queue;
    char text[32];
    bool mute;                  /* its functions fail */
    bool strict;                /* the clock's hook refuses more than 500 ticks */
    unsigned loads;             /* of the clock, as its hook counts them */
    uint8_t *memory;
    vms_ram_block blocks[2];
    vms_ram ram;
} board;

static int clock_pre_save(struct clock *s, void *opaque)
{
    (void)s;
    return ((board *)opaque)->mute ? -5 : 0;
}

static int clock_post_load(struct clock *s, uint32_t version, void *opaque)
{
    board *b = (board *)opaque;
    (void)version;
    b->loads++;
    return b->strict && s->ticks > 500 ? -22 : 0;
}

static const clock_hooks clock_hooks_here = {.pre_save = clock_pre_save, .post_load = clock_post_load};

static int maybe_wanted(struct maybe *s, uint32_t version, void *opaque)
{
    (void)version, (void)opaque;
    return s->a != 0;
}

static const maybe_hooks maybe_hooks_here = {.wanted = maybe_wanted};

static int text_save(vms_file *f, void *opaque)
{
    const board *b = (const board *)opaque;
    return b->mute ? -5 : vms_file_put_counted_string(f, b->text, strlen(b->text));
}

static int text_load(vms_file *f, void *opaque, uint32_t version_id)
{
    board *b = (board *)opaque;
    char text[256];
    size_t length;
    EXPECT(version_id <= 3);
    int error = vms_file_get_counted_string(f, text, &length);
    if (error)
        return error;
    if (length >= sizeof b->text || memchr(text, 0, length))
        return -22;
    memcpy(b->text, text, length + 1);
    return 0;
}

static inline void board_init(board *b, const char *name)
{
    memset(b, 0, sizeof *b);
    EXPECT(vms_machine_init(&b->m, name) == 0);
    bridge_init(&b->bridge);
    tiny_init(&b->slot);
    tiny_init(&b->first);
    tiny_init(&b->second);
    clock_init(&b->clock);
    dma_init(&b->dma);
    maybe_init(&b->maybe);
    plug_init(&b->plug);
    queue_init(&b->queue);
    b->memory = (uint8_t *)calloc(PAGES, PAGE);
    EXPECT(b->memory);
    b->blocks[0] = (vms_ram_block){.name = "pc.ram", .host = b->memory, .used_length = 3 * PAGE};
    b->blocks[1] = (vms_ram_block){.name = "vga", .host = b->memory + 3 * PAGE, .used_length = PAGE};
    b->ram = (vms_ram){.blocks = b->blocks, .count = 2, .page_size = PAGE};
}

static inline void board_register(board *b)
{
    vms_machine *m = &b->m;
    uint32_t any = VMSTATE_INSTANCE_ID_ANY;
    EXPECT(vmstate_register(m, "0000:00:01.0", any, &tiny_device, &b->slot, NULL, NULL) == 0);
    EXPECT(vmstate_register(m, NULL, any, &tiny_device, &b->first, NULL, NULL) == 0);
    EXPECT(vms_machine_register_ram(m, &b->ram) == 0);
    EXPECT(vmstate_register(m, NULL, any, &tiny_device, &b->second, NULL, NULL) == 0);
    EXPECT(vmstate_register(m, NULL, any, &clock_device, &b->clock, &clock_hooks_here, b) == 0);
    EXPECT(vmstate_register(m, NULL, any, &dma_device, &b->dma, NULL, NULL) == 0);
    EXPECT(vmstate_register(m, NULL, any, &maybe_device, &b->maybe, &maybe_hooks_here, b) == 0);
    EXPECT(register_savevm(m, NULL, "\xc3\xa9\"\xf0\x9f\x90\x8d\x01", 2, 3, text_save, text_load, b) == 0);
    EXPECT(vmstate_register(m, NULL, 2147483648u, &queue_device, &b->queue, NULL, NULL) == 0);
    EXPECT(vmstate_register(m, NULL, any, &plug_device, &b->plug, NULL, NULL) == 0);
    EXPECT(vmstate_register(m, NULL, any, &bridge_device, &b->bridge, NULL, NULL) == 0);
}

static inline void board_fill(board *b)
{
    b->bridge.bus = 3;
    b->slot.a = 1, b->slot.d = 4;
    b->first.b = 2;
    b->second.c = 255;
    b->clock.ticks = 999, b->clock.phase = 12;
    b->dma.busy = 1, b->dma.address = 0xdeadbeef;
    b->plug.size = 64;
    b->queue.head = 7;
    for (uint32_t i = 0; i < 3; i++) {
        struct Packet *p = (struct Packet *)vms_append((void **)&b->queue.packets, &b->queue.packets_count,
                                                       sizeof *p, NULL);
        EXPECT(p);
        p->length = (uint16_t)(100 * i), p->port = (uint8_t)i;
    }
    strcpy(b->text, "what functions write");
    for (size_t i = 0; i < PAGE; i++)
        b->memory[PAGE + i] = (uint8_t)(i * 7);
    b->memory[4 * PAGE - 1] = 0x5a;
}

static inline void board_clear(board *b)
{
    vms_machine_clear(&b->m);
    queue_clear(&b->queue);
    free(b->memory);
}

static inline void tell(const board *b)
{
    char text[2000];
    vms_machine_tell(&b->m, text, sizeof text);
    fprintf(stderr, "%s: %s\n", vms_machine_code_name(b->m.error.code), text);
}

#endif
