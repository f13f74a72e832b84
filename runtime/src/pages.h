/* pages.h: tests of whole pages, to be inlined into loops over them. */
#ifndef PAGES_H
#define PAGES_H

#include "vms.h"

#if defined(__x86_64__) && !defined(VMS_NO_CLONES) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define VMS_AVX2 1
#include <immintrin.h>
#define VMS_WIDE __attribute__((target("avx2")))
static inline bool vms_has_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }
#else
#define VMS_AVX2 0
static inline bool vms_has_avx2(void) { return false; }
#endif

#if VMS_AVX2
/* 256 bytes at a time: their OR is looked at once. */
VMS_WIDE static inline bool vms_zero_wide(const uint8_t *page, size_t size)
{
    for (size_t at = 0; at < size; at += 256) {
        const __m256i *v = (const __m256i *)(const void *)(page + at);
        __m256i a = _mm256_or_si256(_mm256_loadu_si256(v), _mm256_loadu_si256(v + 1));
        __m256i b = _mm256_or_si256(_mm256_loadu_si256(v + 2), _mm256_loadu_si256(v + 3));
        __m256i c = _mm256_or_si256(_mm256_loadu_si256(v + 4), _mm256_loadu_si256(v + 5));
        __m256i d = _mm256_or_si256(_mm256_loadu_si256(v + 6), _mm256_loadu_si256(v + 7));
        a = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
        if (!_mm256_testz_si256(a, a))
            return false;
    }
    return true;
}
#endif

/* Fetches what the test of the page behind this one reads first, while this one is copied. Behind the last there is
 * nothing; that does no harm. */
static inline void vms_fetch_next(const uint8_t *page, size_t size)
{
    uintptr_t next = (uintptr_t)page + size;
    __builtin_prefetch((const void *)next);
    __builtin_prefetch((const void *)(next + 64));
    __builtin_prefetch((const void *)(next + 128));
    __builtin_prefetch((const void *)(next + 192));
}

static inline bool vms_zero_plain(const uint8_t *page, size_t size)
{
    for (size_t at = 0; at < size; at += 64) {
        uint64_t v[8];
        memcpy(v, page + at, 64);
        if ((v[0] | v[1] | v[2] | v[3] | v[4] | v[5] | v[6] | v[7]) != 0)
            return false;
    }
    return true;
}

#endif
