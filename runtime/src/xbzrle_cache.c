/* xbzrle_cache.c: pages as they were last sent. */
#include "vms_xbzrle.h"

#include <stdlib.h>
#include <string.h>

int vms_xbzrle_init(vms_xbzrle *x, size_t page_size, uint64_t bytes)
{
    memset(x, 0, sizeof *x);
    if (page_size < 32 || bytes > SIZE_MAX / 2)
        return -1;
    x->page_size = page_size;
    x->slots = 1;
    while (x->slots * 2 <= bytes / page_size)
        x->slots *= 2;
    x->numbers = (uint64_t *)calloc(x->slots, sizeof *x->numbers);
    x->ages = (uint64_t *)calloc(x->slots, sizeof *x->ages);
    x->pages = (uint8_t *)malloc(x->slots * page_size);
    x->current = (uint8_t *)malloc(page_size);
    if (x->numbers && x->ages && x->pages && x->current)
        return 0;
    vms_xbzrle_clear(x);
    return -1;
}

void vms_xbzrle_clear(vms_xbzrle *x)
{
    free(x->numbers);
    free(x->ages);
    free(x->pages);
    free(x->current);
    memset(x, 0, sizeof *x);
}

uint8_t *vms_xbzrle_find(vms_xbzrle *x, uint64_t number)
{
    size_t slot = (size_t)number & (x->slots - 1);
    if (x->numbers[slot] != number + 1)
        return NULL;
    x->ages[slot] = x->round;
    return x->pages + slot * x->page_size;
}

uint8_t *vms_xbzrle_insert(vms_xbzrle *x, uint64_t number)
{
    size_t slot = (size_t)number & (x->slots - 1);
    uint64_t held = x->numbers[slot];
    if (held && held != number + 1 && x->ages[slot] + 2 >= x->round)
        return NULL;
    x->numbers[slot] = number + 1;
    x->ages[slot] = x->round;
    return x->pages + slot * x->page_size;
}
