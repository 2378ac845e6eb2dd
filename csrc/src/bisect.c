/* Searching by halves: keys without tables, single keys, and what the index
 * leaves over.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

void csm_bisect(const csm_table *table, const uint8_t *const *keys, uint64_t *low, uint64_t *high,
                size_t n, int64_t *found)
{
    size_t width = table->width;
    bool busy = n > 0;
    for (size_t i = 0; i < n; i++)
        found[i] = -1;
    while (busy) {
        busy = false;
        for (size_t i = 0; i < n; i++) {
            if (low[i] >= high[i])
                continue;
            uint64_t middle = low[i] + (high[i] - low[i]) / 2;
            int order = csm_compare(table->keys + middle * width, keys[i], width);
            if (order == 0) {
                found[i] = (int64_t)middle;
                high[i] = low[i];
                continue;
            }
            if (order < 0)
                low[i] = middle + 1;
            else
                high[i] = middle;
            CSM_PREFETCH(table->keys + (low[i] + (high[i] - low[i]) / 2) * width);
            busy = true;
        }
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
    if (table->filter != NULL) {
        uint64_t hash = csm_key_hash(key, table->width);
        uint64_t word = csm_filter_word(hash, table->words);
        if (!csm_filter_test(csm_load_le64(table->filter + 8 * word), hash))
            return -1;
        csm_bucket_range(table, csm_key_spot(key, table->buckets) >> 32, &low, &high);
    }
    csm_bisect(table, &key, &low, &high, 1, &found);
    return found;
}
