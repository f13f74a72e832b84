/* ram_list.c: the list of blocks: read to its end, compared with the machine's, and only then believed. */
#include "vms_ram.h"

#include <stdio.h>

#include "ram_load.h"

/* The list so far. */
typedef struct list {
    vms_ram_difference first;       /* of the differences, for the error */
    vms_mapped *headers;            /* one a block, of a mapped file */
} list;

static void note(vms_ram_loader *l, list *so_far, vms_ram_unlike kind, const char *name, uint64_t offset, uint64_t found,
                 uint64_t held)
{
    vms_ram_difference d = {.kind = kind, .found = found, .held = held, .offset = offset};
    snprintf(d.name, sizeof d.name, "%s", name);
    if (!l->difference_count)
        so_far->first = d;
    if (l->difference_count < l->room)
        l->differences[l->difference_count] = d;
    l->difference_count++;
}

static const char *unlike(vms_ram_unlike kind)
{
    switch (kind) {
    case VMS_RAM_UNKNOWN_BLOCK: return "the machine does not have it";
    case VMS_RAM_MISSING_BLOCK: return "the stream does not list it";
    case VMS_RAM_OTHER_LENGTH: return "its length differs";
    case VMS_RAM_OTHER_PAGE_SIZE: return "its page size differs";
    case VMS_RAM_OTHER_ADDRESS: return "its address differs";
    }
    return "it differs";
}

static bool take64(vms_reader *r, const char *name, const char *field, uint64_t *value)
{
    const uint8_t *p = vms_take(r, 8, field);
    if (p)
        *value = vms_get64(p);
    else
        vms_within(&r->error, name);
    return p != NULL;
}

/* One entry after its name. */
static int load_entry(vms_ram_loader *l, vms_reader *r, list *so_far, uint64_t start, const char *name, uint64_t left,
                      uint64_t *length)
{
    const vms_ram *ram = l->ram;
    size_t block = 0;
    while (block < ram->count && strcmp(ram->blocks[block].name, name) != 0)
        block++;
    const vms_ram_block *b = block < ram->count ? &ram->blocks[block] : NULL;
    if (!take64(r, name, "used_length:8", length))
        return -1;
    if (*length == 0 || *length > left || *length % ram->page_size)
        return ram_refuse(l, r, start, *length, left, "a block of no pages, of part of one, or of more than the list's total");
    if (b && l->lengths[block])
        return ram_refuse(l, r, start, *length, left, "a block that was listed already");
    /* Whether a page size stands here, the receiver's block tells. */
    if (!b && ram->flags & VMS_RAM_PAGE_SIZES)
        return ram_refuse(l, r, start, *length, 0, "a block that the machine does not have");
    bool sized = ram->flags & VMS_RAM_PAGE_SIZES && b->page_size && b->page_size != ram->host_page_size;
    uint64_t page_size = 0, address = 0;
    vms_mapped header = {0, 0, 0, 0};
    if ((sized && !take64(r, name, "page_size:8", &page_size))
        || (ram->flags & VMS_RAM_ADDRESSES && !take64(r, name, "address:8", &address))
        || (ram->flags & VMS_RAM_MAPPED && ram_load_mapped_header(l, r, *length, &header)))
        return -1;
    if (!b) {
        note(l, so_far, VMS_RAM_UNKNOWN_BLOCK, name, start, *length, 0);
        return 0;
    }
    l->lengths[block] = *length;
    if (so_far->headers)
        so_far->headers[block] = header;
    if (*length != b->used_length && *length > b->max_length)
        note(l, so_far, VMS_RAM_OTHER_LENGTH, name, start, *length, b->used_length);
    if (sized && page_size != b->page_size)
        note(l, so_far, VMS_RAM_OTHER_PAGE_SIZE, name, start, page_size, b->page_size);
    if (ram->flags & VMS_RAM_ADDRESSES && b->ignored && address != b->address)
        note(l, so_far, VMS_RAM_OTHER_ADDRESS, name, start, address, b->address);
    return 0;
}

static int load_entries(vms_ram_loader *l, vms_reader *r, list *so_far, uint64_t total)
{
    for (uint64_t sum = 0, length; sum < total; sum += length) {
        uint64_t start = ram_offset(r);
        const uint8_t *p = vms_take(r, 1, "block:1");
        size_t size = p ? *p : 0;
        if (!p)
            return -1;
        if (size == 0)
            return ram_refuse(l, r, start, 0, 255, "a block without a name");
        if (!(p = vms_take(r, size, "block:255")))
            return -1;
        char name[256];
        memcpy(name, p, size);
        name[size] = 0;
        if (memchr(name, 0, size))
            return ram_refuse(l, r, start, 0, 255, "a block's name that has a zero byte in it");
        if (load_entry(l, r, so_far, start, name, total - sum, &length))
            return -1;
    }
    return 0;
}

/* Everything was read and is right; the machine is changed here. */
static void believe(vms_ram_loader *l)
{
    l->listed = true;
    if (!(l->flags & VMS_RAM_CHECK))
        for (size_t i = 0; i < l->ram->count; i++)
            if (l->lengths[i])
                l->ram->blocks[i].used_length = l->lengths[i];
}

static int judge(vms_ram_loader *l, vms_reader *r, list *so_far, uint64_t offset)
{
    if (!(l->flags & VMS_RAM_KEEP_MISSING))
        for (size_t i = 0; i < l->ram->count; i++)
            if (!l->lengths[i])
                note(l, so_far, VMS_RAM_MISSING_BLOCK, l->ram->blocks[i].name, offset, 0, l->ram->blocks[i].used_length);
    if (!l->difference_count)
        return so_far->headers && ram_load_mapped_pages(l, r, so_far->headers) ? -1 : 0;
    const vms_ram_difference *d = &so_far->first;
    char why[200], more[60] = "";
    if (l->difference_count > 1)
        snprintf(more, sizeof more, ", and %zu more differences", l->difference_count - 1);
    snprintf(why, sizeof why, "the block '%.80s': %s%s", d->name, unlike(d->kind), more);
    return ram_refuse(l, r, d->offset, d->found, d->held, why);
}

int ram_load_list(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t total)
{
    list so_far;
    memset(&so_far, 0, sizeof so_far);
    l->difference_count = 0;
    if (l->ram->flags & VMS_RAM_MAPPED) {
        so_far.headers = (vms_mapped *)calloc(l->ram->count + 1, sizeof *so_far.headers);
        if (!so_far.headers)
            return vms_refuse_text(r, VMS_MEMORY, "", r->p, "a list of blocks");
    }
    int result = load_entries(l, r, &so_far, total) || judge(l, r, &so_far, offset) ? -1 : 0;
    if (result)
        memset(l->lengths, 0, l->ram->count * sizeof *l->lengths);
    else
        believe(l);
    free(so_far.headers);
    return result;
}
