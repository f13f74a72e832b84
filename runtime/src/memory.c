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

/* Room for `room` elements in a block of one's own: alone it is enlarged, with others it is copied. */
static block *make_own(block *b, size_t room, size_t size, const vms_element *element)
{
    if (room > (SIZE_MAX - sizeof(block)) / size)
        return NULL;
    if (b && b->owners > 1) {
        void *own = vms_part(b->items);
        if (!own)
            return NULL;
        block *larger = make_own(block_of(own), room, size, element);
        vms_release(larger ? b->items : own);
        return larger;
    }
    size_t count = b ? b->count : 0;
    b = (block *)realloc(b, sizeof(block) + room * size);
    if (!b)
        return NULL;
    b->owners = 1;
    b->count = count;
    b->room = room;
    b->size = size;
    b->element = element;
    return b;
}

void *vms_append(void **items, uint32_t *count, size_t size, const vms_element *element)
{
    block *b = *items ? block_of(*items) : NULL;
    if (!b || *count >= b->room || b->owners > 1) {
        size_t room = b ? b->room : 0;
        if (*count >= room)
            room = room < 8 ? 8 : room * 2;
        b = make_own(b, room, size, element);
        if (!b)
            return NULL;
        *items = b->items;
    }
    uint8_t *added = b->items + *count * size;
    memset(added, 0, size);
    b->count = ++*count;
    return added;
}

int vms_splice(void **items, uint32_t *count, size_t size, const vms_element *element, uint32_t at, uint32_t removed,
               void *from, uint32_t added)
{
    block *b = *items ? block_of(*items) : NULL;
    size_t before = *count, after = before - removed + added;
    if (!after) {
        vms_release(from);
        vms_release(*items);
        *items = NULL;
        *count = 0;
        return 0;
    }
    void *own = from;
    if (from && block_of(from)->owners > 1) {
        own = vms_part(from);
        vms_release(from);
        if (!own)
            return -1;
    }
    if (!b || b->owners > 1 || after > b->room) {
        size_t room = b && after > before ? 2 * before : before;
        b = make_own(b, room > after ? room : after, size, element);
        if (!b) {
            vms_release(own);
            return -1;
        }
        *items = b->items;
    }
    uint8_t *place = b->items + at * size;
    if (b->element)
        for (size_t i = 0; i < removed; i++)
            b->element->clear(place + i * size);
    memmove(place + added * size, place + removed * size, (before - at - removed) * size);
    if (own) {
        memcpy(place, own, added * size);
        free(block_of(own));        /* not its elements: they are here now */
    }
    b->count = *count = (uint32_t)after;
    return 0;
}
