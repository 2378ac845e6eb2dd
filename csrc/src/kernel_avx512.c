/* The search loops with AVX-512: eight queries hashed and probed at once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"
#include "engine_match.h"

#ifdef CSM_HAVE_X86_KERNELS
#include <immintrin.h>

/* Without optimisation gcc's gather intrinsics are macros that convert their
 * masks in ways that it warns of itself. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

#define CSM_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define CSM_LANES 8

static bool supported(void)
{
    return csm_cpu_has(CSM_CPU_AVX512F | CSM_CPU_AVX512BW | CSM_CPU_AVX512DQ | CSM_CPU_AVX512VL);
}

/* The first (or last) eight bytes of eight keys of 16 bytes. */
CSM_TARGET static inline __m512i halves(const uint8_t *keys, bool last)
{
    __m512i low = _mm512_loadu_si512(keys), high = _mm512_loadu_si512(keys + 64);
    return last ? _mm512_unpackhi_epi64(low, high) : _mm512_unpacklo_epi64(low, high);
}

CSM_TARGET static inline __m512i multiples(size_t width)
{
    return _mm512_mullo_epi64(_mm512_set1_epi64((long long)width),
                              _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7));
}

CSM_TARGET static inline __m512i swap_words(__m512i x)
{
    const __m512i order = _mm512_broadcast_i32x4(
        _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
    return _mm512_shuffle_epi8(x, order);
}

CSM_TARGET static inline void hash_group(const csm_table *table, const uint8_t *queries,
                                         csm_ring *ring, size_t slot)
{
    __m512i mixed, first;
    if (table->width == 16) {
        const __m512i put_in_order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
        first = _mm512_permutexvar_epi64(put_in_order, halves(queries, false));
        mixed = _mm512_add_epi64(first, _mm512_permutexvar_epi64(put_in_order, halves(queries, true)));
    } else {
        __m512i at = multiples(table->width);
        first = _mm512_i64gather_epi64(at, queries, 1);
        mixed = _mm512_add_epi64(first,
                                 _mm512_i64gather_epi64(at, queries + table->width - 8, 1));
    }
    mixed = _mm512_xor_si512(mixed, _mm512_srli_epi64(mixed, 32));
    __m512i hash = _mm512_mullo_epi64(mixed, _mm512_set1_epi64((long long)CSM_MULTIPLIER));
    __m512i spot = _mm512_mul_epu32(_mm512_srli_epi64(swap_words(first), 32),
                                    _mm512_set1_epi64((long long)table->lines));
    _mm512_store_si512(ring->hash + slot, hash);
    _mm512_store_si512(ring->spot + slot, spot);
    for (size_t i = 0; i < GROUP; i++)
        CSM_PREFETCH(table->directory + CSM_LINE * (ring->spot[slot + i] >> 32));
}

CSM_TARGET static inline void probe_group(const csm_table *table, const csm_ring *ring,
                                          size_t slot, uint32_t query, csm_pending *pending)
{
    __m512i hash = _mm512_load_si512(ring->hash + slot);
    __m512i spot = _mm512_load_si512(ring->spot + slot);
    __m512i which = _mm512_srli_epi64(
        _mm512_mul_epu32(_mm512_srli_epi64(hash, 32), _mm512_set1_epi64(CSM_WORDS)), 32);
    __m512i at = _mm512_add_epi64(_mm512_slli_epi64(_mm512_srli_epi64(spot, 32), 3), which);
    __m512i word = _mm512_i64gather_epi64(at, table->directory + CSM_FILTER, 8);
    __m512i a = _mm512_rorv_epi64(word, _mm512_srli_epi64(hash, CSM_BIT_A));
    __m512i b = _mm512_rorv_epi64(word, _mm512_srli_epi64(hash, CSM_BIT_B));
    __m512i c = _mm512_rorv_epi64(word, _mm512_srli_epi64(hash, CSM_BIT_C));
    __m512i all = _mm512_and_si512(_mm512_and_si512(a, b), c);
    __mmask8 passed = _mm512_test_epi64_mask(all, _mm512_set1_epi64(1));
    __m256i numbers = _mm256_add_epi32(_mm256_set1_epi32((int)query),
                                       _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    _mm256_storeu_si256((__m256i *)(void *)(pending->query + pending->filled),
                        _mm256_maskz_compress_epi32(passed, numbers));
    _mm512_storeu_si512(pending->spot + pending->filled, _mm512_maskz_compress_epi64(passed, spot));
    pending->filled += (size_t)__builtin_popcount(passed);
}

/* Which of the window's keys equals `key`; the window's length if none. */
CSM_TARGET static inline unsigned compare_window(const csm_table *table, const uint8_t *window,
                                                 const uint8_t *key)
{
    size_t width = table->width;
    unsigned equal, none = table->window;
    if (width == 16 && none == 8) {
        __m512i wanted = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)key));
        unsigned low = _mm512_cmpeq_epi64_mask(wanted, _mm512_loadu_si512(window));
        unsigned high = _mm512_cmpeq_epi64_mask(wanted, _mm512_loadu_si512(window + 64));
        equal = low | high << 8;
        equal &= equal >> 1 & 0x5555; /* both halves of a key */
        return equal != 0 ? (unsigned)__builtin_ctz(equal) / 2 : none;
    }
    __mmask8 present = (__mmask8)((1u << none) - 1);
    __m512i firsts = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), present,
                                                 multiples(width), window, 1);
    __m512i wanted = _mm512_set1_epi64((long long)csm_load_le64(key));
    equal = _mm512_mask_cmpeq_epi64_mask(present, firsts, wanted);
    for (; equal != 0; equal &= equal - 1) {
        unsigned place = (unsigned)__builtin_ctz(equal);
        if (memcmp(window + place * width, key, width) == 0)
            return place;
    }
    return none;
}

/* Finds the windows of candidates up to `end`, eight at a time. What the last
 * eight hold beyond `end` is nonsense, kept within bounds, and found anew. */
CSM_TARGET static inline void locate(const csm_table *table, csm_pending *pending, size_t end)
{
    const __m512i low_half = _mm512_set1_epi64(UINT32_MAX);
    const __m512i count = _mm512_set1_epi64((long long)table->count);
    const __m512i last = _mm512_set1_epi64((long long)(table->count - table->window));
    const __m512i back = _mm512_set1_epi64(table->back);
    const __m512i align = _mm512_set1_epi64((long long)csm_window_align(table));
    const __m512i full = _mm512_set1_epi64(CSM_FULL);
    for (size_t i = pending->located; i < end; i += GROUP) {
        __m512i spot = _mm512_loadu_si512(pending->spot + i);
        __m512i at = _mm512_slli_epi64(_mm512_srli_epi64(spot, 32), 6);
        __m512i wide = _mm512_mul_epu32(spot, _mm512_set1_epi64(CSM_BUCKETS));
        __m512i base = _mm512_and_si512(_mm512_i64gather_epi64(at, table->directory, 1), low_half);
        __m512i ends = _mm512_i64gather_epi64(_mm512_add_epi64(at, _mm512_srli_epi64(wide, 32)),
                                              table->directory + CSM_ENDS, 1);
        __m512i low = _mm512_and_si512(ends, full);
        __m512i high = _mm512_and_si512(_mm512_srli_epi64(ends, 8), full);
        __mmask8 is_full = _mm512_cmpeq_epi64_mask(high, full);
        low = _mm512_add_epi64(low, base);
        high = _mm512_add_epi64(high, base);
        if (is_full != 0)
            high = _mm512_mask_and_epi64(high, is_full,
                                         _mm512_mask_i64gather_epi64(high, is_full, at, table->directory + CSM_LINE, 1),
                                         low_half);
        high = _mm512_min_epu64(high, count);
        low = _mm512_min_epu64(low, high);
        __m512i ahead = _mm512_srli_epi64(_mm512_mul_epu32(wide, _mm512_sub_epi64(high, low)), 32);
        __m512i start = _mm512_max_epu64(_mm512_add_epi64(low, ahead), back);
        start = _mm512_and_si512(_mm512_sub_epi64(start, back), align);
        start = _mm512_min_epu64(start, last);
        _mm512_storeu_si512(pending->start + i, start);
        for (size_t k = i; k < i + GROUP && k < end; k++)
            csm_prefetch_window(table, pending->start[k]);
    }
    pending->located = end;
}

#include "engine_loop.h"
#include "siphash_lanes.h"

const csm_kernel csm_kernel_avx512 = {"avx512", supported, match, finish, chain, hash_rows};
#else
typedef int csm_kernel_avx512_not_here; /* ISO C forbids an empty file */
#endif
