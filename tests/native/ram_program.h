/* ram_program.h: a machine of two small blocks, and streams that are put together from pieces. */
#ifndef RAM_PROGRAM_H
#define RAM_PROGRAM_H

#include "program.h"
#include "vms_ram.h"

enum { PAGE = 1024 };

static uint8_t low[4 * PAGE], rom[2 * PAGE];

static vms_ram_block blocks[] = {
    {.name = "pc.ram", .host = low, .used_length = sizeof low},
    {.name = "rom", .host = rom, .used_length = sizeof rom},
};
static vms_ram ram = {.blocks = blocks, .count = 2, .page_size = PAGE, .host_page_size = 4096};

static uint8_t stream[64 * 1024];
static size_t length;

static inline void add(const void *data, size_t n)
{
    memcpy(stream + length, data, n);
    length += n;
}

static inline void add64(uint64_t v)
{
    uint8_t b[8];
    vms_put64(b, v);
    add(b, 8);
}

static inline void add_fill(uint8_t byte, size_t n)
{
    memset(stream + length, byte, n);
    length += n;
}

#define ADD(text) add(text, sizeof text - 1)

/* "pc.ram" of 0x1000 and "rom" of 0x800 bytes. */
static inline void add_list(void)
{
    ADD("\0\0\0\0\0\0\x18\x04" "\6pc.ram" "\0\0\0\0\0\0\x10\0" "\3rom" "\0\0\0\0\0\0\x08\0");
}

enum { LIST = 35 };     /* bytes of add_list() */

static inline void fresh(void)
{
    length = 0;
    memset(low, 0, sizeof low);
    memset(rom, 0, sizeof rom);
    ram.flags = 0;
    blocks[0].used_length = sizeof low;
    blocks[0].max_length = 0;
}

/* All kinds of records that can be loaded. */
static inline void add_everything(void)
{
    add_list();
    ADD("\0\0\0\0\0\0\x04\x08" "\6pc.ram");
    add_fill(0x11, PAGE);
    ADD("\0\0\0\0\0\0\x08\x22\0" "\0\0\0\0\0\0\x04\x60\1\0\4\xe8\7\1\xea");
    ADD("\0\0\0\0\0\0\x04\x40" "\3rom" "\1\0\5\0\3\xaa\xbb\xcc");
    ADD("\0\0\0\0\0\0\0\x10");
}

#endif
