/* arrays.c: arrays between native memory and big-endian bytes. */
#include "vms.h"

#if defined(__x86_64__) && !defined(VMS_NO_AVX2) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define VMS_AVX2 1
#include <immintrin.h>
#else
#define VMS_AVX2 0
#endif

/* Shorter arrays are done before a wide loop would have started. */
#define WIDE_FROM 8

#if VMS_AVX2
#define WIDE __attribute__((target("avx2")))

WIDE static inline void shuffle(uint8_t *to, const uint8_t *from, __m256i order)
{
    __m256i piece = _mm256_loadu_si256((const __m256i *)(const void *)from);
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_shuffle_epi8(piece, order));
}

/* Reverses the bytes of each element of `size` (2, 4 or 8) bytes, 32 bytes at a time; returns how many bytes it did. */
WIDE static size_t reverse_wide(uint8_t *to, const uint8_t *from, size_t bytes, int size)
{
    const __m256i order =
        size == 2 ? _mm256_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14,
                                     1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
      : size == 4 ? _mm256_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12,
                                     3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
                  : _mm256_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8,
                                     7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    size_t done = 0;
    for (; done + 128 <= bytes; done += 128) {
        shuffle(to + done, from + done, order);
        shuffle(to + done + 32, from + done + 32, order);
        shuffle(to + done + 64, from + done + 64, order);
        shuffle(to + done + 96, from + done + 96, order);
    }
    for (; done + 32 <= bytes; done += 32)
        shuffle(to + done, from + done, order);
    return done;
}

static size_t wide(uint8_t *to, const uint8_t *from, size_t count, int size)
{
    if (count < WIDE_FROM || !__builtin_cpu_supports("avx2"))
        return 0;
    return reverse_wide(to, from, count * (size_t)size, size);
}
#else
static size_t wide(uint8_t *to, const uint8_t *from, size_t count, int size)
{
    (void)to, (void)from, (void)count, (void)size;
    return 0;
}
#endif

/* Element after element, four at a time: compilers do not unroll at -O2. */
#define COPY(bits, bytes)                                                                                              \
    void vms_copy##bits(void *to, const void *from, size_t count)                                                      \
    {                                                                                                                  \
        uint8_t *out = (uint8_t *)to;                                                                                  \
        const uint8_t *in = (const uint8_t *)from;                                                                     \
        size_t at = wide(out, in, count, bytes), end = count * (bytes);                                                \
        for (; at + 4 * (bytes) <= end; at += 4 * (bytes)) {                                                           \
            turn##bits(out + at, in + at);                                                                             \
            turn##bits(out + at + (bytes), in + at + (bytes));                                                         \
            turn##bits(out + at + 2 * (bytes), in + at + 2 * (bytes));                                                 \
            turn##bits(out + at + 3 * (bytes), in + at + 3 * (bytes));                                                 \
        }                                                                                                              \
        for (; at < end; at += (bytes))                                                                                \
            turn##bits(out + at, in + at);                                                                             \
    }

/* Native to wire and wire to native are the same thing: the bytes of one element change order, or do not. */
static inline void turn16(uint8_t *to, const uint8_t *from) { uint16_t v; memcpy(&v, from, 2); vms_put16(to, v); }
static inline void turn32(uint8_t *to, const uint8_t *from) { uint32_t v; memcpy(&v, from, 4); vms_put32(to, v); }
static inline void turn64(uint8_t *to, const uint8_t *from) { uint64_t v; memcpy(&v, from, 8); vms_put64(to, v); }

COPY(16, 2)
COPY(32, 4)
COPY(64, 8)

void vms_copy_bool(void *to, const void *from, size_t count)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;
    for (size_t at = 0; at < count; at++)
        out[at] = in[at] != 0;
}

void vms_remember(void *copy, const void *state, size_t size)
{
    memcpy(copy, state, size);
}
