/* The search loops in plain C.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#if defined(__GNUC__)
#define PREFETCH(p) __builtin_prefetch(p)
#else
#define PREFETCH(p) ((void)(p))
#endif

/* How many searches run side by side, so that their cache misses overlap. */
enum { LANES = 16 };

static bool always(void)
{
    return true;
}

/* memcmp with the common case, the first eight bytes differing, inline. */
static inline int compare(const uint8_t *a, const uint8_t *b, size_t width)
{
    if (width >= 8) {
        uint64_t x = csm_load_be64(a), y = csm_load_be64(b);
        if (x != y)
            return x < y ? -1 : 1;
        return memcmp(a + 8, b + 8, width - 8);
    }
    return memcmp(a, b, width);
}

/* Lower-bound search of `lanes` queries in step: all halve the same range
 * length, so one loop serves them all. */
static void match_lanes(const uint8_t *keys, size_t count, size_t width, const uint8_t *queries,
                        size_t lanes, int64_t *positions)
{
    size_t base[LANES] = {0};
    size_t left = count;
    while (left > 1) {
        size_t half = left / 2, next_half = (left - half) / 2;
        for (size_t i = 0; i < lanes; i++) {
            const uint8_t *middle = keys + (base[i] + half) * width;
            if (compare(middle, queries + i * width, width) <= 0)
                base[i] += half;
            PREFETCH(keys + (base[i] + next_half) * width);
        }
        left -= half;
    }
    for (size_t i = 0; i < lanes; i++) {
        bool found = compare(keys + base[i] * width, queries + i * width, width) == 0;
        positions[i] = found ? (int64_t)base[i] : -1;
    }
}

static void match(const uint8_t *keys, size_t count, size_t width, const uint8_t *queries, size_t n,
                  int64_t *positions)
{
    if (count == 0) {
        for (size_t i = 0; i < n; i++)
            positions[i] = -1;
        return;
    }
    for (size_t i = 0; i < n; i += LANES) {
        size_t lanes = n - i < LANES ? n - i : LANES;
        match_lanes(keys, count, width, queries + i * width, lanes, positions + i);
    }
}

const csm_kernel csm_kernel_portable = {"portable", always, match};
