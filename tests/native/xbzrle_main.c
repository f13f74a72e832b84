/* XBZRLE without Python: literal runs, every limit, and a byte-by-byte encoder that agrees. */
#include "program.h"
#include "vms_xbzrle.h"

enum { PAGE = 4096 };

static uint8_t before[16384], after[16384], out[16384 + 64], expected[3 * 16384];

static size_t put(uint8_t *to, size_t n)
{
    to[0] = (uint8_t)(n < 128 ? n : n | 128);
    to[1] = (uint8_t)(n >> 7);
    return n < 128 ? 1 : 2;
}

/* The definition, a byte at a time. */
static int slowly(size_t size, size_t most)
{
    size_t o = 0;
    for (size_t i = 0; i < size;) {
        size_t from = i;
        if (o + 2 > most)
            return -1;
        while (i < size && before[i] == after[i])
            i++;
        if (i == size)
            break;
        o += put(expected + o, i - from);
        if (o + 2 > most)
            return -1;
        for (from = i; i < size && before[i] != after[i];)
            i++;
        if (i - from > 0x3fff)
            return -1;
        o += put(expected + o, i - from);
        if (o + (i - from) > most)
            return -1;
        memcpy(expected + o, after + from, i - from);
        o += i - from;
    }
    return (int)o;
}

static void literal(void)
{
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE) == 0);
    after[1000] = 0xea;
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE) == 4 && memcmp(out, "\xe8\7\1\xea", 4) == 0);
    after[1000] = 0, after[64] = 0xca;
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE) == 3 && memcmp(out, "\x40\1\xca", 3) == 0);
    after[64] = 0, after[0] = 0xaa, after[1] = 0xbb, after[2] = 0xcc;
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE) == 5 && memcmp(out, "\0\3\xaa\xbb\xcc", 5) == 0);
    memset(after, 0, PAGE);
    after[PAGE - 1] = 1, after[127] = 2, after[256] = 3;
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE) == 11);
    EXPECT(memcmp(out, "\x7f\1\2" "\x80\1\1\3" "\xfe\x1d\1\1", 11) == 0);
    memset(after, 1, PAGE);
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE) == VMS_XBZRLE_OVERFLOW);
    EXPECT(vms_xbzrle_encode(before, after, PAGE, out, PAGE + 3) == PAGE + 3 && memcmp(out, "\0\x80\x20\1", 4) == 0);
    EXPECT(vms_xbzrle_encode(before, after, 32768, out, 32768) == VMS_XBZRLE_OVERFLOW);
    memset(after, 0, PAGE);
}

static uint32_t seed = 7;

static uint32_t next(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Pages with runs of all lengths, at all places; and room for all, for just enough, and for too little. */
static void drawn(void)
{
    static uint8_t page[16384];
    for (int round = 0; round < 6000; round++) {
        size_t size = (size_t)1024 << next(5);
        for (size_t i = 0; i < size; i++)
            before[i] = (uint8_t)next(3);
        memcpy(after, before, size);
        for (uint32_t runs = next(4) ? next(20) : next(2000); runs; runs--) {
            size_t n = 1 + next(next(8) ? 12 : 600), at = next((uint32_t)size);
            for (size_t i = at; i < at + n && i < size; i++)
                after[i] = (uint8_t)(next(4) ? after[i] ^ 0x80 : next(3));
        }
        int n = slowly(size, sizeof expected);
        size_t most = next(3) == 0 ? size : n < 0 ? 0 : (size_t)n + next(5) - (n > 2 ? 2 : 0);
        if (most > size)
            most = size;
        n = slowly(size, most);
        memset(out + most, 0x5a, 64);
        EXPECT(vms_xbzrle_encode(before, after, size, out, most) == n);
        for (size_t i = 0; i < 64; i++)
            EXPECT(out[most + i] == 0x5a);
        if (n <= 0)
            continue;
        size_t at;
        EXPECT(memcmp(out, expected, (size_t)n) == 0 && vms_xbzrle_wrong(out, (size_t)n, size, &at) == NULL);
        memcpy(page, before, size);
        vms_xbzrle_apply(out, (size_t)n, page);
        EXPECT(memcmp(page, after, size) == 0);
    }
}

/* What is found nothing wrong in stays inside the page. */
static void hostile(void)
{
    uint8_t *page = (uint8_t *)malloc(1024);
    EXPECT(page);
    memset(page, 0, 1024);
    int good = 0;
    for (int round = 0; round < 200000; round++) {
        size_t n = next(12), at;
        uint8_t *in = (uint8_t *)malloc(n + 1);
        EXPECT(in);
        for (size_t i = 0; i < n; i++)
            in[i] = (uint8_t)(next(2) ? next(4) : next(256));
        uint8_t *exact = (uint8_t *)realloc(in, n ? n : 1);
        EXPECT(exact);
        if (!vms_xbzrle_wrong(exact, n, 1024, &at)) {
            vms_xbzrle_apply(exact, n, page);
            good++;
        }
        free(exact);
    }
    EXPECT(good > 1000);
    free(page);
}

static void cache(void)
{
    vms_xbzrle x;
    EXPECT(vms_xbzrle_init(&x, PAGE, 7 * PAGE) == 0 && x.slots == 4);
    EXPECT(!vms_xbzrle_find(&x, 0) && !vms_xbzrle_find(&x, 5));
    uint8_t *slot = vms_xbzrle_insert(&x, 5);
    EXPECT(slot == x.pages + PAGE && vms_xbzrle_find(&x, 5) == slot && !vms_xbzrle_find(&x, 1));
    EXPECT(!vms_xbzrle_insert(&x, 1) && vms_xbzrle_insert(&x, 5) == slot);
    x.round = 2;
    EXPECT(!vms_xbzrle_insert(&x, 1));
    x.round = 3;
    EXPECT(vms_xbzrle_insert(&x, 1) == slot && !vms_xbzrle_find(&x, 5));
    vms_xbzrle_clear(&x);
    EXPECT(vms_xbzrle_init(&x, PAGE, 0) == 0 && x.slots == 1);
    vms_xbzrle_clear(&x);
    EXPECT(vms_xbzrle_init(&x, PAGE, UINT64_MAX) == -1);
}

int main(void)
{
    literal();
    drawn();
    hostile();
    cache();
    puts("xbzrle: all is well");
    return 0;
}
