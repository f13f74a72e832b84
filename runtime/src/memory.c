/* memory.c: blocks of elements that states own, with a count of their owners. Not for several threads at a time. */
#include "vms.h"

typedef struct block {
    size_t owners, count, room, size;
    const vms_element *element;
    _Alignas(16) uint8_t items[];
} block;

static block *block_of(const void *items)
{
    return (block *)(uintptr_t)((const uint8_t *)items - offsetof(block, items));
}

static block *new_block(size_t room, size_t size)
{
    if (room > (SIZE_MAX - sizeof(block)) / size)
        return NULL;
    return (block *)calloc(1, sizeof(block) + room * size);
}

void *vms_allocate(size_t count, size_t size, const vms_element *element)
{
    block *b = new_block(count, size);
    if (!b)
        return NULL;
    b->owners = 1;
    b->count = b->room = count;
    b->size = size;
    b->element = element;
    return b->items;
}

void *vms_share(void *items)
{
    if (items)
        block_of(items)->owners++;
    return items;
}

void vms_release(void *items)
{
    if (!items)
        return;
    block *b = block_of(items);
    if (--b->owners)
        return;
    if (b->element)
        for (size_t i = 0; i < b->count; i++)
            b->element->clear(b->items + i * b->size);
    free(b);
}

void *vms_part(const void *items)
{
    const block *from = block_of(items);
    uint8_t *to = (uint8_t *)vms_allocate(from->count ? from->count : 1, from->size, from->element);
    if (!to)
        return NULL;
    block_of(to)->count = from->count;
    memcpy(to, from->items, from->count * from->size);
    if (!from->element)
        return to;
    for (size_t i = 0; i < from->count; i++)
        if (from->element->part(to + i * from->size)) {
            /* What is behind it still belongs to the other block alone. */
            block_of(to)->count = i;
            vms_release(to);
            return NULL;
        }
    return to;
}

void *vms_append(void **items, uint32_t *count, size_t size, const vms_element *element)
{
    block *b = *items ? block_of(*items) : NULL;
    size_t room = b ? b->room : 0;
    if (*count >= room) {
        size_t more = room < 8 ? 8 : room * 2;
        if (more > (SIZE_MAX - sizeof(block)) / size)
            return NULL;
        b = (block *)realloc(b, sizeof(block) + more * size);
        if (!b)
            return NULL;
        b->owners = 1;
        b->room = more;
        b->size = size;
        b->element = element;
        *items = b->items;
    }
    uint8_t *added = b->items + *count * size;
    memset(added, 0, size);
    b->count = ++*count;
    return added;
}
