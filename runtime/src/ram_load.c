/* ram_load.c: records from a reader, each judged before anything of it is stored. */
#include "vms_ram.h"

#include <stdio.h>

#include "pages.h"
#include "ram_load.h"
#include "ram_records.h"

int vms_ram_loader_init(vms_ram_loader *l, vms_ram *ram, uint32_t flags)
{
    memset(l, 0, sizeof *l);
    l->ram = ram;
    l->flags = flags;
    l->current = SIZE_MAX;
    l->lengths = (uint64_t *)calloc(ram->count + 1, sizeof *l->lengths);
    return l->lengths ? 0 : -1;
}

void vms_ram_loader_clear(vms_ram_loader *l)
{
    free(l->lengths);
    free(l->scratch);
    l->lengths = NULL;
    l->scratch = NULL;
}

uint64_t ram_offset(const vms_reader *r)
{
    return r->end_offset - (uint64_t)(r->end - r->p);
}

int ram_refuse(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t found, uint64_t high, const char *why)
{
    vms_refuse(r, VMS_FRAMING, l->current == SIZE_MAX ? "" : l->ram->blocks[l->current].name, r->p, vms_unsigned(found),
               vms_unsigned(0), vms_unsigned(high));
    r->error.offset = offset;
    snprintf(r->error.text, sizeof r->error.text, "%s", why);
    return -1;
}

static int refuse_flags(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t flags)
{
    uint64_t kind = flags & ~(uint64_t)RAM_CONTINUE;
    const char *what = "no record has these flags";
    if (kind == RAM_FULL)
        what = "an obsolete record: memory of one byte a page";
    else if (kind == RAM_HOOK)
        what = "a record of an RDMA migration, which cannot be read";
    else if (kind == RAM_MEM_SIZE && flags == kind)
        what = "the list of blocks came already";
    else if (kind == RAM_XBZRLE)
        what = "an encoded page, but XBZRLE is off";
    else if (kind == RAM_COMPRESS)
        what = "a compressed page, but nothing inflates it";
    else if (kind == RAM_FLUSH && flags == kind)
        what = "a multifd flush, but multifd is off";
    else if (kind == RAM_EOS || kind == RAM_MEM_SIZE || kind == RAM_FLUSH)
        what = "an end, a list or a flush that continues a block, or has an address";
    return ram_refuse(l, r, offset, flags, 0, what);
}

/* The block of a page record; false if it is refused. */
static bool enter_block(vms_ram_loader *l, vms_reader *r, uint64_t offset)
{
    const uint8_t *p = vms_take(r, 1, "block:1");
    size_t length = p ? *p : 0;
    if (!p || !(p = vms_take(r, length, "block:255"))) {
        r->error.path[0] = 0;
        vms_within(&r->error, "block");
        return false;
    }
    char name[256];
    memcpy(name, p, length);
    name[length] = 0;
    const vms_ram *ram = l->ram;
    for (size_t i = 0; i < ram->count; i++)
        if (l->lengths[i] && strlen(ram->blocks[i].name) == length && memcmp(ram->blocks[i].name, name, length) == 0) {
            l->current = i;
            return true;
        }
    l->current = SIZE_MAX;
    char why[300];
    snprintf(why, sizeof why, "a page of the block '%.100s', which was not listed", name);
    ram_refuse(l, r, offset, 0, 0, why);
    return false;
}

static int refuse_address(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t address)
{
    if (l->current == SIZE_MAX)
        return ram_refuse(l, r, offset, address, 0, "a page that continues a block, but none was named before");
    if (l->ram->blocks[l->current].ignored)
        return ram_refuse(l, r, offset, address, 0, "a page of an ignored block");
    if (l->ram->flags & VMS_RAM_MAPPED)
        return ram_refuse(l, r, offset, address, 0, "a page among the records of a mapped file");
    char why[100];
    snprintf(why, sizeof why, "a page at 0x%llx, in a block of 0x%llx bytes", (unsigned long long)address,
             (unsigned long long)l->lengths[l->current]);
    return ram_refuse(l, r, offset, address, l->lengths[l->current] - l->ram->page_size, why);
}

/* Where the page of a record lies; NULL, with the error set, if it lies nowhere. */
static inline uint8_t *page_of(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t flags, uint64_t address)
{
    if (VMS_UNLIKELY(!(flags & RAM_CONTINUE)) && !enter_block(l, r, offset))
        return NULL;
    /* A length is a multiple of the page size, as an address is: what begins inside ends inside. */
    if (VMS_UNLIKELY(l->current == SIZE_MAX || address >= l->lengths[l->current] || l->ram->blocks[l->current].ignored
                     || l->ram->flags & VMS_RAM_MAPPED)) {
        refuse_address(l, r, offset, address);
        return NULL;
    }
    return l->ram->blocks[l->current].host + address;
}

/* The error of a cut record, with the block's name. */
static int cut(vms_ram_loader *l, vms_reader *r)
{
    if (l->current != SIZE_MAX)
        vms_within(&r->error, l->ram->blocks[l->current].name);
    return -1;
}

static int load_fill(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint8_t *page)
{
    const uint8_t *p = vms_take(r, 1, "fill:1");
    size_t size = l->ram->page_size;
    if (!p)
        return cut(l, r);
    if (VMS_UNLIKELY(*p) && !(l->flags & VMS_RAM_ANY_FILL))
        return ram_refuse(l, r, offset, *p, 0, "a zero page that is to be filled with another byte");
    l->zero_pages++;
    /* Memory that was never touched reads as zero and stays untouched. */
    if (!(l->flags & VMS_RAM_CHECK) && (*p || !vms_page_is_zero(page, size)))
        memset(page, *p, size);
    return 0;
}

static int load_encoded(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint8_t *page)
{
    size_t size = l->ram->page_size, at;
    const uint8_t *p = vms_take(r, 3, "encoding:1 length:2");
    if (!p)
        return cut(l, r);
    size_t n = vms_get16(p + 1);
    if (p[0] != 1)
        return ram_refuse(l, r, offset, p[0], 1, "an encoded page, in an encoding other than 1");
    if (n == 0 || n > size)
        return ram_refuse(l, r, offset, n, size, "an encoded page of no bytes, or of more than a page");
    uint64_t start = ram_offset(r);
    if (!(p = vms_take(r, n, "runs:1")))
        return cut(l, r);
    const char *wrong = vms_xbzrle_wrong(p, n, size, &at);
    if (wrong)
        return ram_refuse(l, r, start + at, at, n, wrong);
    l->xbzrle_pages++;
    if (!(l->flags & VMS_RAM_CHECK))
        vms_xbzrle_apply(p, n, page);
    return 0;
}

static int load_compressed(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint8_t *page)
{
    size_t size = l->ram->page_size, most = size + (size >> 12) + (size >> 14) + (size >> 25) + 13;    /* zlib's own bound */
    const uint8_t *p = vms_take(r, 4, "length:4");
    if (!p)
        return cut(l, r);
    size_t n = vms_get32(p);
    if (n == 0 || n > most)
        return ram_refuse(l, r, offset, n, most, "a compressed page of no bytes, or of more than zlib makes of one");
    if (!(p = vms_take(r, n, "zlib:1")))
        return cut(l, r);
    /* Inflated aside: what turns out wrong in the middle must not have been stored. */
    if (!l->scratch && !(l->scratch = (uint8_t *)malloc(size)))
        return vms_refuse_text(r, VMS_MEMORY, "", r->p, "a page to inflate into");
    if (l->inflate(l->opaque, p, n, l->scratch, size))
        return ram_refuse(l, r, offset, n, most, "a compressed page that does not inflate to one page");
    l->compressed_pages++;
    if (!(l->flags & VMS_RAM_CHECK))
        memcpy(page, l->scratch, size);
    return 0;
}

/* A record that is not a zero page or a plain one. 1: it ends the body. */
static int load_other(vms_ram_loader *l, vms_reader *r, uint64_t offset, uint64_t flags, uint64_t address)
{
    uint8_t *page;
    switch (flags) {
    case RAM_EOS:
        return address ? refuse_flags(l, r, offset, flags) : 1;
    case RAM_MEM_SIZE:
        return l->listed ? refuse_flags(l, r, offset, flags) : ram_load_list(l, r, offset, address);
    case RAM_FLUSH:
        if (!(l->flags & VMS_RAM_MULTIFD) || address)
            return refuse_flags(l, r, offset, flags);
        return l->flush && l->flush(l->opaque)
                   ? ram_refuse(l, r, offset, 0, 0, "the multifd channels could not be flushed") : 0;
    case RAM_XBZRLE:
    case RAM_XBZRLE | RAM_CONTINUE:
        if (l->flags & VMS_RAM_NO_XBZRLE)
            return refuse_flags(l, r, offset, flags);
        return (page = page_of(l, r, offset, flags, address)) ? load_encoded(l, r, offset, page) : -1;
    case RAM_COMPRESS:
    case RAM_COMPRESS | RAM_CONTINUE:
        if (!l->inflate)
            return refuse_flags(l, r, offset, flags);
        return (page = page_of(l, r, offset, flags, address)) ? load_compressed(l, r, offset, page) : -1;
    }
    return refuse_flags(l, r, offset, flags);
}

int vms_ram_load(vms_ram_loader *l, vms_reader *r)
{
    const uint64_t size = l->ram->page_size, mask = size - 1;
    const bool store = !(l->flags & VMS_RAM_CHECK);
    for (;;) {
        uint64_t offset = ram_offset(r);
        const uint8_t *p = vms_take(r, 8, "record:8");
        if (!p)
            return -1;
        uint64_t word = vms_get64(p), flags = word & mask, address = word & ~mask, kind = flags & ~(uint64_t)RAM_CONTINUE;
        if (kind == RAM_PAGE || kind == RAM_ZERO) {
            uint8_t *page = page_of(l, r, offset, flags, address);
            if (!page)
                return -1;
            if (kind == RAM_ZERO) {
                if (load_fill(l, r, offset, page))
                    return -1;
            } else {
                if (!(p = vms_take(r, size, "page:1")))
                    return cut(l, r);
                if (store)
                    memcpy(page, p, size);
                l->plain_pages++;
            }
        } else {
            int result = load_other(l, r, offset, flags, address);
            if (result)
                return result < 0 ? -1 : 0;
        }
    }
}
