/* The search engine: what its parts share.
 *
 * Beside the keys lies a directory of cache lines. The leading bits of a key
 * say which line is its own; that line tells where among the sorted keys those
 * of the same line lie, and holds a filter over them, which answers most
 * misses. The same bits of a key always mean the same line and filter bits, on
 * every machine: the directory is stored in list files (docs/list-format.md).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_ENGINE_H
#define CSAMATCH_ENGINE_H

#include "internal.h"

/* 2^64 divided by the golden ratio, as in Fibonacci hashing (Knuth 6.4). */
#define CSM_MULTIPLIER UINT64_C(0x9E3779B97F4A7C15)

/* A line of the directory: the position of its first key, 32 bits; then, as
 * one byte each, how many of its keys lie before each of its buckets and
 * before their end: 0, then up to 255, which stands for "255 or more"; then
 * words of 64 bits, the filter. The line after the last has a position only. */
enum {
    CSM_LINE = 64,
    CSM_ENDS = 4,     /* where the counts begin */
    CSM_BUCKETS = 11, /* equal parts of a line's range */
    CSM_FULL = 255,
    CSM_FILTER = 16, /* where the filter begins */
    CSM_WORDS = 6
};

/* The three bits of a filter word that stand for a key, as places in its hash
 * where six bits each say which. */
enum { CSM_BIT_A = 14, CSM_BIT_B = 20, CSM_BIT_C = 26 };

/* Mixes the first and last eight bytes, so that keys alike in either still
 * spread; the fold brings high bits down to where the multiplication can
 * carry them up again. */
CSM_INLINE uint64_t csm_key_hash(const uint8_t *key, size_t width)
{
    uint64_t mixed = csm_load_le64(key) + csm_load_le64(key + width - 8);
    return (mixed ^ mixed >> 32) * CSM_MULTIPLIER;
}

/* Where in a key's line its filter word lies. */
CSM_INLINE uint64_t csm_filter_place(uint64_t hash)
{
    return CSM_FILTER + 8 * ((hash >> 32) * CSM_WORDS >> 32);
}

CSM_INLINE uint64_t csm_filter_bits(uint64_t hash)
{
    return UINT64_C(1) << (hash >> CSM_BIT_A & 63) | UINT64_C(1) << (hash >> CSM_BIT_B & 63) |
           UINT64_C(1) << (hash >> CSM_BIT_C & 63);
}

/* 1 when all three bits are set in `word`, else 0. */
CSM_INLINE unsigned csm_filter_test(uint64_t word, uint64_t hash)
{
    return (unsigned)(word >> (hash >> CSM_BIT_A & 63) & word >> (hash >> CSM_BIT_B & 63) &
                      word >> (hash >> CSM_BIT_C & 63) & 1);
}

/* A key's spot: its line in the upper 32 bits, in the lower ones how far into
 * the line's range it lies, as a fraction of 2^32. Ascends with the key. */
CSM_INLINE uint64_t csm_key_spot(const uint8_t *key, uint64_t lines)
{
    return (csm_load_be64(key) >> 32) * lines;
}

/* Its bucket in the upper 32 bits, in the lower ones how far into that. */
CSM_INLINE uint64_t csm_spot_bucket(uint64_t spot)
{
    return (spot & UINT32_MAX) * CSM_BUCKETS;
}

/* False when no key of the line that this is the spot of has this hash. */
CSM_INLINE unsigned csm_may_hold(const csm_table *table, uint64_t spot, uint64_t hash)
{
    const uint8_t *line = table->directory + CSM_LINE * (spot >> 32);
    return csm_filter_test(csm_load_le64(line + csm_filter_place(hash)), hash);
}

/* Where in the keys a spot's bucket lies, whatever nonsense the line holds. */
CSM_INLINE void csm_bucket_range(const csm_table *table, uint64_t spot, uint64_t *low,
                                 uint64_t *high)
{
    const uint8_t *line = table->directory + CSM_LINE * (spot >> 32);
    const uint8_t *ends = line + CSM_ENDS + (csm_spot_bucket(spot) >> 32);
    uint64_t first = csm_load_le32(line);
    *low = first + ends[0];
    *high = ends[1] == CSM_FULL ? csm_load_le32(line + CSM_LINE) : first + ends[1];
    if (*high > table->count)
        *high = table->count;
    if (*low > *high)
        *low = *high;
}

/* memcmp with the common case, the first eight bytes differing, inline. */
CSM_INLINE int csm_compare(const uint8_t *a, const uint8_t *b, size_t width)
{
    if (width < 8)
        return memcmp(a, b, width);
    uint64_t x = csm_load_be64(a), y = csm_load_be64(b);
    if (x != y)
        return x < y ? -1 : 1;
    return memcmp(a + 8, b + 8, width - 8);
}

/* The position of one key, or -1. */
int64_t csm_find(const csm_table *table, const uint8_t *key);

/* Lower-bound searches of n keys (pointers) in step, so that their waits for
 * memory overlap: keys[i] in [low[i], high[i]). found[i] becomes its position
 * or -1. low and high are overwritten. */
void csm_bisect(const csm_table *table, const uint8_t *const *keys, uint64_t *low, uint64_t *high,
                size_t n, int64_t *found);

/* Looks up queries in keys without tables. */
size_t csm_match_plain(const csm_table *table, const uint8_t *queries, size_t n,
                       csamatch_hit *hits);

#endif
