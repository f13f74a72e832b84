/* ram_blocks.c: what blocks must be, before anything of them is sent or loaded. */
#include "vms_ram.h"

const char *vms_ram_wrong(const vms_ram *ram, size_t *block)
{
    uint64_t total = 0;
    *block = 0;
    if (ram->page_size < VMS_RAM_PAGE_MIN || ram->page_size > VMS_RAM_PAGE_MAX || (ram->page_size & (ram->page_size - 1)))
        return "a page size is a power of two in 1024..65536";
    for (size_t i = 0; i < ram->count; i++) {
        const vms_ram_block *b = &ram->blocks[i];
        *block = i;
        size_t length = b->name ? strlen(b->name) : 0;
        if (length < 1 || length > 255)
            return "a block's name has 1 to 255 bytes";
        if (!b->host)
            return "a block needs memory";
        if (b->used_length == 0 || b->used_length % ram->page_size)
            return "a block is one page or more, and no part of one";
        if (b->max_length && (b->max_length < b->used_length || b->max_length % ram->page_size))
            return "a block's greatest length is whole pages, and not less than what it has";
        if (b->used_length >= (uint64_t)1 << 63 || (total += b->used_length) >= (uint64_t)1 << 63)
            return "the blocks are larger than a stream can say";
        for (size_t k = 0; k < i; k++)
            if (strcmp(ram->blocks[k].name, b->name) == 0)
                return "two blocks have one name";
    }
    return NULL;
}

uint64_t vms_ram_total(const vms_ram *ram)
{
    uint64_t total = 0;
    for (size_t i = 0; i < ram->count; i++)
        total += ram->blocks[i].used_length;
    return total;
}
