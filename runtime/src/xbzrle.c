/* xbzrle.c: pages as the runs in which they differ; exactly greedy: maximal equal and maximal differing runs in turn. */
#include "vms_xbzrle.h"

#include "pages.h"

enum {
    RUN_MOST = 0x3fff,      /* what a length of two bytes can say */
    AHEAD = 2048,           /* bytes that are asked for before they are compared: processors look ahead to a page's end alone */
};

/* The functions next_...() find where the next byte from `at` on differs, or is equal; `size` if none does. */
#define SEARCH static inline size_t

#if VMS_AVX2
/* Bit i: byte at + i is equal. 32 bytes must be left. */
VMS_WIDE static inline uint32_t equal_wide(const uint8_t *a, const uint8_t *b, size_t at)
{
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(a + at));
    __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)(b + at));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, y));
}

/* 128 bytes at a time while they are equal. What is asked for behind the last page does no harm. */
VMS_WIDE SEARCH skip_equal_wide(const uint8_t *a, const uint8_t *b, size_t at, size_t size)
{
    for (; at + 128 <= size; at += 128) {
        const __m256i *v = (const __m256i *)(const void *)(a + at), *w = (const __m256i *)(const void *)(b + at);
        __builtin_prefetch(a + at + AHEAD);
        __builtin_prefetch(a + at + AHEAD + 64);
        __builtin_prefetch(b + at + AHEAD);
        __builtin_prefetch(b + at + AHEAD + 64);
        __m256i p = _mm256_xor_si256(_mm256_loadu_si256(v), _mm256_loadu_si256(w));
        __m256i q = _mm256_xor_si256(_mm256_loadu_si256(v + 1), _mm256_loadu_si256(w + 1));
        __m256i s = _mm256_xor_si256(_mm256_loadu_si256(v + 2), _mm256_loadu_si256(w + 2));
        __m256i t = _mm256_xor_si256(_mm256_loadu_si256(v + 3), _mm256_loadu_si256(w + 3));
        p = _mm256_or_si256(_mm256_or_si256(p, q), _mm256_or_si256(s, t));
        if (!_mm256_testz_si256(p, p))
            break;
    }
    return at;
}

VMS_WIDE SEARCH next_wide(const uint8_t *a, const uint8_t *b, size_t at, size_t size, bool differing)
{
    const uint32_t flip = differing ? ~(uint32_t)0 : 0;
    for (int turn = 0;; turn++) {
        uint32_t mask;
        if (at + 32 > size) {
            /* The last 32 bytes, without those before `at`. */
            if (at == size)
                return size;
            mask = (equal_wide(a, b, size - 32) ^ flip) & (~(uint32_t)0 << (at - (size - 32)));
            return mask ? size - 32 + (size_t)__builtin_ctz(mask) : size;
        }
        mask = equal_wide(a, b, at) ^ flip;
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
        at += 32;
        if (turn < 2)
            continue;
        at &= ~(size_t)31;      /* a long run: from even places on, some bytes are looked at twice */
        if (differing && (at & 127) == 0)
            at = skip_equal_wide(a, b, at, size);
    }
}
#endif

static inline uint64_t word_at(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

SEARCH next_plain(const uint8_t *a, const uint8_t *b, size_t at, size_t size, bool differing)
{
    for (; at + 8 <= size; at += 8) {
        uint64_t v = word_at(a + at) ^ word_at(b + at);
        if (!differing)     /* the high bit of every byte that is zero; exact up to the first, which is all that is asked */
            v = (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
        if (v)
            return at + (size_t)__builtin_ctzll(v) / 8;
    }
    while (at < size && (a[at] != b[at]) != differing)
        at++;
    return at;
}

/* Two bytes from 128 on. */
static inline uint8_t *put_length(uint8_t *out, size_t length)
{
    if (length < 0x80) {
        *out = (uint8_t)length;
        return out + 1;
    }
    out[0] = (uint8_t)(length | 0x80);
    out[1] = (uint8_t)(length >> 7);
    return out + 2;
}

/* Most runs are a word or two: with room on both sides, as much is copied as costs nothing. */
static inline void copy_run(uint8_t *to, size_t room, const uint8_t *from, size_t left, size_t n)
{
    if (n <= 16 && left >= 16 && room >= 16)
        memcpy(to, from, 16);
    else
        memcpy(to, from, n);
}

/* Before every run, even one that turns out to be the last and is not sent, two bytes must be free. */
#define ENCODE(next)                                                                                                   \
    uint8_t *o = out, *const end = out + most;                                                                         \
    for (size_t at = 0; at < size;) {                                                                                  \
        size_t from = at;                                                                                              \
        if (end - o < 2)                                                                                               \
            return VMS_XBZRLE_OVERFLOW;                                                                                \
        at = next(before, after, at, size, true);                                                                      \
        if (at == size)                                                                                                \
            break;                                                                                                     \
        o = put_length(o, at - from);                                                                                  \
        if (end - o < 2)                                                                                               \
            return VMS_XBZRLE_OVERFLOW;                                                                                \
        from = at;                                                                                                     \
        at = next(before, after, at, size, false);                                                                     \
        if (at - from > RUN_MOST)                                                                                      \
            return VMS_XBZRLE_OVERFLOW;                                                                                \
        o = put_length(o, at - from);                                                                                  \
        if ((size_t)(end - o) < at - from)                                                                             \
            return VMS_XBZRLE_OVERFLOW;                                                                                \
        copy_run(o, (size_t)(end - o), after + from, size - from, at - from);                                          \
        o += at - from;                                                                                                \
    }                                                                                                                  \
    return (int)(o - out)

#if VMS_AVX2
VMS_WIDE static int encode_wide(const uint8_t *before, const uint8_t *after, size_t size, uint8_t *out, size_t most)
{
    ENCODE(next_wide);
}
#endif

static int encode_plain(const uint8_t *before, const uint8_t *after, size_t size, uint8_t *out, size_t most)
{
    ENCODE(next_plain);
}

int vms_xbzrle_encode(const uint8_t *before, const uint8_t *after, size_t size, uint8_t *out, size_t most)
{
    if (size > VMS_XBZRLE_PAGE_MAX)
        return VMS_XBZRLE_OVERFLOW;
#if VMS_AVX2
    if (vms_has_avx2())
        return encode_wide(before, after, size, out, most);
#endif
    return encode_plain(before, after, size, out, most);
}

/* A length at in[*at], where two bytes are left; false if it is longer than two. */
static bool get_length(const uint8_t *in, size_t *at, size_t *length)
{
    size_t low = in[(*at)++];
    *length = low;
    if (low < 0x80)
        return true;
    size_t high = in[(*at)++];
    *length = (low & 0x7f) | high << 7;
    return high < 0x80;
}

const char *vms_xbzrle_wrong(const uint8_t *in, size_t n, size_t size, size_t *at)
{
    size_t i = 0, done = 0, length;
    bool changed = false;       /* the run is one of changed bytes */
    while (i < n || changed) {
        *at = i;
        if (n - i < 2)
            return "an encoded page ends where a run should begin";
        bool first = i == 0;
        if (!get_length(in, &i, &length))
            return "a run's length has more than two bytes";
        if (length == 0 && !first)
            return "a run of no bytes";
        if (length > size - done)
            return "a run goes beyond the page";
        done += length;
        if (changed) {
            if (length > n - i)
                return "a run of changed bytes goes beyond the record";
            i += length;
        }
        changed = !changed;
    }
    return NULL;
}

void vms_xbzrle_apply(const uint8_t *in, size_t n, uint8_t *page)
{
    size_t i = 0, done = 0, length = 0;
    while (i < n) {
        get_length(in, &i, &length);
        done += length;
        get_length(in, &i, &length);
        memcpy(page + done, in + i, length);
        i += length;
        done += length;
    }
}
