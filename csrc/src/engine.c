/* Making and checking the tables that stand beside sorted keys.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

static bool indexable(size_t count, size_t width)
{
    return csm_rows_fit(count, width) && width >= 8 && (uint64_t)count <= UINT32_MAX;
}

/* Nine keys a word and 6.7 keys a bucket: 0.89 + 0.6 bytes a key. Fuller words
 * let more misses through to the keys; fuller buckets tell less well where in
 * them a key lies, so that hits cost more lines. */
size_t csamatch_filter_words(size_t count)
{
    return count / 9 + 1;
}

size_t csamatch_index_buckets(size_t count)
{
    return count / 20 * 3 + count % 20 * 3 / 20 + 1;
}

static void put_bits(uint8_t *word, uint64_t bits)
{
    csm_store_le64(word, csm_load_le64(word) | bits);
}

csamatch_status csamatch_filter_build(const uint8_t *keys, size_t count, size_t width,
                                      uint8_t *filter, size_t words)
{
    enum { BATCH = 64 };
    if ((keys == NULL && count > 0) || filter == NULL || words == 0 ||
        (uint64_t)words > UINT32_MAX || !indexable(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    memset(filter, 0, words * 8);
    for (size_t start = 0; start < count; start += BATCH) {
        size_t n = count - start < BATCH ? count - start : BATCH;
        uint64_t hashes[BATCH];
        for (size_t i = 0; i < n; i++) {
            hashes[i] = csm_key_hash(keys + (start + i) * width, width);
            CSM_PREFETCH(filter + 8 * csm_filter_word(hashes[i], words));
        }
        for (size_t i = 0; i < n; i++)
            put_bits(filter + 8 * csm_filter_word(hashes[i], words), csm_filter_bits(hashes[i]));
    }
    return CSAMATCH_OK;
}

static void put_offset(uint8_t *index, uint64_t bucket, uint64_t offset)
{
    for (int i = 0; i < 4; i++)
        index[4 * bucket + (unsigned)i] = (uint8_t)(offset >> (8 * i));
}

csamatch_status csamatch_index_build(const uint8_t *keys, size_t count, size_t width,
                                     uint8_t *index, size_t buckets)
{
    if ((keys == NULL && count > 0) || index == NULL || buckets == 0 ||
        (uint64_t)buckets > UINT32_MAX || !indexable(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    uint64_t next = 0; /* the first bucket whose start is not written yet */
    for (size_t i = 0; i < count; i++) {
        uint64_t bucket = csm_key_spot(keys + i * width, buckets) >> 32;
        for (; next <= bucket; next++)
            put_offset(index, next, i);
    }
    for (; next <= buckets; next++)
        put_offset(index, next, count);
    return CSAMATCH_OK;
}

csamatch_status csamatch_tables_check(const uint8_t *keys, size_t count, size_t width,
                                      const uint8_t *filter, size_t words, const uint8_t *index,
                                      size_t buckets)
{
    if ((keys == NULL && count > 0) || filter == NULL || index == NULL || words == 0 ||
        buckets == 0 || (uint64_t)words > UINT32_MAX || (uint64_t)buckets > UINT32_MAX ||
        !indexable(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    csm_table table = {.keys = keys, .count = count, .width = width, .index = index};
    uint64_t low, high, end = 0;
    for (uint64_t bucket = 0; bucket < buckets; bucket++) { /* ranges follow one another */
        csm_bucket_range(&table, bucket, &low, &high);
        if (low != end)
            return CSAMATCH_ERROR_TABLES;
        end = high;
    }
    if (end != count || csm_load_le32(index + 4 * buckets) != count)
        return CSAMATCH_ERROR_TABLES;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *key = keys + i * width;
        uint64_t hash = csm_key_hash(key, width);
        csm_bucket_range(&table, csm_key_spot(key, buckets) >> 32, &low, &high);
        const uint8_t *word = filter + 8 * csm_filter_word(hash, words);
        if (i < low || i >= high || !csm_filter_test(csm_load_le64(word), hash))
            return CSAMATCH_ERROR_TABLES;
    }
    return CSAMATCH_OK;
}
