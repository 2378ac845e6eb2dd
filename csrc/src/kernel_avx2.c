/* The search loops with AVX2: keys compared two at a time, and the shifts of
 * BMI2.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"
#include "engine_match.h"

#ifdef CSM_HAVE_X86_KERNELS
#include <immintrin.h>

#define CSM_TARGET __attribute__((target("avx2,bmi,bmi2")))
#define CSM_LANES 4

static bool supported(void)
{
    return csm_cpu_has(CSM_CPU_AVX2 | CSM_CPU_BMI1 | CSM_CPU_BMI2);
}

#include "engine_compare.h"
#include "engine_scalar.h"

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
    return compare_halves(table, window, key);
}

/* AVX2 has no rotation; one shuffle does for these two what takes three steps else. */
typedef uint64_t four_words __attribute__((vector_size(32)));

CSM_TARGET static inline void rotate_16(four_words *x)
{
    const __m256i order =
        _mm256_setr_epi8(6, 7, 0, 1, 2, 3, 4, 5, 14, 15, 8, 9, 10, 11, 12, 13, 6, 7, 0, 1, 2, 3, 4,
                         5, 14, 15, 8, 9, 10, 11, 12, 13);
    *x = (four_words)_mm256_shuffle_epi8((__m256i)*x, order);
}

CSM_TARGET static inline void rotate_32(four_words *x)
{
    *x = (four_words)_mm256_shuffle_epi32((__m256i)*x, 0xB1);
}

#define CSM_ROTATE_16(x) rotate_16(x)
#define CSM_ROTATE_32(x) rotate_32(x)

#include "engine_loop.h"
#include "siphash_lanes.h"

const csm_kernel csm_kernel_avx2 = {"avx2", supported, match, finish, chain, hash_rows};
#else
typedef int csm_kernel_avx2_not_here; /* ISO C forbids an empty file */
#endif
