/* Searching by halves: keys without a directory, single keys, and what
 * windows leave over.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

/* 1 when the 16 bytes at `a` are not above those at `b`. No branch: it would
 * be taken every other time. */
CSM_INLINE uint64_t not_above_16(const uint8_t *a, const uint8_t *b)
{
    uint64_t a1 = csm_load_be64(a), a2 = csm_load_be64(a + 8);
    uint64_t b1 = csm_load_be64(b), b2 = csm_load_be64(b + 8);
    return (a1 < b1) | ((a1 == b1) & (a2 <= b2));
}

/* 1 when the key at `other` is not above `key`. */
CSM_INLINE uint64_t not_above(const uint8_t *other, const uint8_t *key, size_t width)
{
    if (width < 16)
        return csm_compare(other, key, width) <= 0;
    if (width == 16 || memcmp(other, key, 16) != 0)
        return not_above_16(other, key);
    if (width > 32)
        return memcmp(other + 16, key + 16, width - 16) <= 0;
    return not_above_16(other + width - 16, key + width - 16); /* all that is left, and more */
}

/* Narrows ranges down to the last key that is not above the one wanted, all in
 * step. `size` holds the lengths of the ranges. */
CSM_INLINE void bisect(const csm_table *table, const uint8_t *const *keys, uint64_t *low,
                       uint64_t *size, size_t n, size_t width)
{
    uint64_t longest = 0;
    for (size_t i = 0; i < n; i++)
        longest = size[i] > longest ? size[i] : longest;
    for (; longest > 1; longest -= longest / 2) {
        for (size_t i = 0; i < n; i++) {
            uint64_t half = size[i] / 2;
            if (half == 0)
                continue;
            low[i] += half & (0 - not_above(table->keys + (low[i] + half) * width, keys[i], width));
            size[i] -= half;
            const uint8_t *next = table->keys + (low[i] + size[i] / 2) * width;
            CSM_PREFETCH(next);
            if (64 % width != 0) /* it may lie in two lines */
                CSM_PREFETCH(next + width - 1);
        }
    }
}

void csm_bisect(const csm_table *table, const uint8_t *const *keys, uint64_t *low, uint64_t *high,
                size_t n, int64_t *found)
{
    size_t width = table->width;
    for (size_t i = 0; i < n; i++)
        high[i] -= low[i];
    switch (width) { /* known, it makes the comparisons short */
    case 16: bisect(table, keys, low, high, n, 16); break;
    case 20: bisect(table, keys, low, high, n, 20); break;
    case 32: bisect(table, keys, low, high, n, 32); break;
    default: bisect(table, keys, low, high, n, width);
    }
    for (size_t i = 0; i < n; i++) {
        bool equal = high[i] > 0 && memcmp(table->keys + low[i] * width, keys[i], width) == 0;
        found[i] = equal ? (int64_t)low[i] : -1;
    }
}

size_t csm_match_plain(const csm_table *table, const uint8_t *queries, size_t n,
                       csamatch_hit *hits)
{
    enum { LANES = 32 };
    size_t count = 0;
    for (size_t start = 0; start < n; start += LANES) {
        size_t lanes = n - start < LANES ? n - start : LANES;
        const uint8_t *keys[LANES];
        uint64_t low[LANES], high[LANES];
        int64_t found[LANES];
        for (size_t i = 0; i < lanes; i++) {
            keys[i] = queries + (start + i) * table->width;
            low[i] = 0;
            high[i] = table->count;
        }
        csm_bisect(table, keys, low, high, lanes, found);
        for (size_t i = 0; i < lanes; i++) {
            if (found[i] >= 0)
                hits[count++] = (csamatch_hit){start + i, (uint64_t)found[i]};
        }
    }
    return count;
}

int64_t csm_find(const csm_table *table, const uint8_t *key)
{
    uint64_t low = 0, high = table->count;
    int64_t found;
    if (table->directory != NULL) {
        uint64_t spot = csm_key_spot(key, table->lines);
        if (!csm_may_hold(table, spot, csm_key_hash(key, table->width)))
            return -1;
        csm_bucket_range(table, spot, &low, &high);
    }
    csm_bisect(table, &key, &low, &high, 1, &found);
    return found;
}
