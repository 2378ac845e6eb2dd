/* The search loops with AVX2: four queries probed at once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_match.h"

#ifdef CSM_HAVE_X86_KERNELS
#include <immintrin.h>

#define CSM_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

static bool supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

CSM_TARGET static inline void hash_group(const csm_table *table, const uint8_t *queries,
                                         csm_ring *ring, size_t slot)
{
    for (size_t i = 0; i < GROUP; i++) {
        uint64_t hash = csm_key_hash(queries + i * table->width, table->width);
        ring->hash[slot + i] = hash;
        ring->word[slot + i] = csm_filter_word(hash, table->words);
        CSM_PREFETCH(table->filter + 8 * ring->word[slot + i]);
    }
}

CSM_TARGET static inline void probe_group(const csm_table *table, const csm_ring *ring,
                                          size_t slot, uint32_t query, csm_pending *pending)
{
    size_t filled = pending->filled;
    for (size_t i = 0; i < GROUP; i++) {
        uint64_t word = csm_load_le64(table->filter + 8 * ring->word[slot + i]);
        pending->query[filled] = query + (uint32_t)i;
        filled += csm_filter_test(word, ring->hash[slot + i]);
    }
    pending->filled = filled;
}

CSM_TARGET static inline __m256i same(const uint8_t *a, __m256i b)
{
    return _mm256_cmpeq_epi64(_mm256_loadu_si256((const __m256i *)(const void *)a), b);
}

/* Which of the window's keys equals `key`; the window's length if none. */
CSM_TARGET static inline unsigned compare_window(const csm_table *table, const uint8_t *window,
                                                 const uint8_t *key)
{
    size_t width = table->width;
    unsigned none = table->window;
    if (width == 16 && none == 8) {
        __m256i wanted =
            _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)key));
        unsigned equal = 0;
        for (unsigned i = 0; i < 4; i++)
            equal |= (unsigned)_mm256_movemask_pd(
                         _mm256_castsi256_pd(same(window + 32 * i, wanted)))
                     << 4 * i;
        equal &= equal >> 1 & 0x5555; /* both halves of a key */
        return equal != 0 ? (unsigned)__builtin_ctz(equal) / 2 : none;
    }
    uint64_t first = csm_load_le64(key);
    for (unsigned i = 0; i < none; i++) {
        const uint8_t *other = window + i * width;
        if (csm_load_le64(other) == first && memcmp(other, key, width) == 0)
            return i;
    }
    return none;
}

/* Finds the windows of candidates up to `end`. */
CSM_TARGET static inline void locate(const csm_table *table, csm_pending *pending, size_t end)
{
    for (size_t i = pending->located; i < end; i++) {
        pending->start[i] = csm_window_start(table, pending->spot[i]);
        csm_prefetch_window(table, pending->start[i]);
    }
    pending->located = end;
}

#include "engine_loop.h"

const csm_kernel csm_kernel_avx2 = {"avx2", supported, match};
#else
typedef int csm_kernel_avx2_not_here; /* ISO C forbids an empty file */
#endif
