/* The search engine: what its parts share.
 *
 * A filter of one 64-bit word per nine keys answers most misses from one cache
 * line; an index of offsets into buckets of about seven keys by leading bits
 * leads the rest to their place among the sorted keys. The same bits of a key
 * always mean the same word and bucket, on every machine: both tables are
 * stored in list files (docs/list-format.md).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_ENGINE_H
#define CSAMATCH_ENGINE_H

#include "internal.h"

#if defined(__GNUC__)
#define CSM_PREFETCH(p) __builtin_prefetch(p)
#define CSM_INLINE static inline __attribute__((always_inline))
#else
#define CSM_PREFETCH(p) ((void)(p))
#define CSM_INLINE static inline
#endif

/* 2^64 divided by the golden ratio, as in Fibonacci hashing (Knuth 6.4). */
#define CSM_MULTIPLIER UINT64_C(0x9E3779B97F4A7C15)

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

/* Spreads 32 bits evenly over `count` places. */
CSM_INLINE uint64_t csm_filter_word(uint64_t hash, uint64_t words)
{
    return ((hash >> 32) * words) >> 32;
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

/* A key's spot: its bucket in the upper 32 bits, in the lower ones how far
 * into the bucket it lies, as a fraction of 2^32. Ascends with the key. */
CSM_INLINE uint64_t csm_key_spot(const uint8_t *key, uint64_t buckets)
{
    return (csm_load_be64(key) >> 32) * buckets;
}

/* Where in the keys a bucket lies, whatever nonsense the index holds. */
CSM_INLINE void csm_bucket_range(const csm_table *table, uint64_t bucket, uint64_t *low,
                                 uint64_t *high)
{
    const uint8_t *entry = table->index + 4 * bucket;
    *low = csm_load_le32(entry);
    *high = csm_load_le32(entry + 4);
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
