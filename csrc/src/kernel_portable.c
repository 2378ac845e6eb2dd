/* The search loops in plain C.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_match.h"

#define CSM_TARGET

static bool always(void)
{
    return true;
}

static inline void hash_group(const csm_table *table, const uint8_t *queries, csm_ring *ring,
                              size_t slot)
{
    for (size_t i = 0; i < GROUP; i++) {
        uint64_t hash = csm_key_hash(queries + i * table->width, table->width);
        ring->hash[slot + i] = hash;
        ring->word[slot + i] = 8 * csm_filter_word(hash, table->words);
        CSM_PREFETCH(table->filter + ring->word[slot + i]);
    }
}

static inline void probe_group(const csm_table *table, const csm_ring *ring, size_t slot,
                               uint32_t query, csm_pending *pending)
{
    size_t filled = pending->filled;
    for (size_t i = 0; i < GROUP; i++) {
        uint64_t word = csm_load_le64(table->filter + ring->word[slot + i]);
        pending->query[filled] = query + (uint32_t)i;
        filled += csm_filter_test(word, ring->hash[slot + i]);
    }
    pending->filled = filled;
}

/* Which of the window's keys equals `key`; the window's length if none does. */
static inline unsigned compare_window(const csm_table *table, const uint8_t *window,
                                      const uint8_t *key)
{
    size_t width = table->width;
    unsigned place = csm_window_place(table, window, csm_load_be64(key));
    const uint8_t *other = window + place * width;
    for (;;) { /* once, unless keys share their first eight bytes */
        if (csm_load_le64(other) != csm_load_le64(key))
            return table->window;
        if (csm_load_le64(other + width - 8) == csm_load_le64(key + width - 8) &&
            (width <= 16 || memcmp(other + 8, key + 8, width - 16) == 0))
            return place;
        if (++place == table->window)
            return place;
        other += width;
    }
}

/* Finds the windows of candidates up to `end`. */
static inline void locate(const csm_table *table, csm_pending *pending, size_t end)
{
    for (size_t i = pending->located; i < end; i++) {
        pending->start[i] = csm_window_start(table, pending->spot[i]);
        csm_prefetch_window(table, pending->start[i]);
    }
    pending->located = end;
}

#include "engine_loop.h"

const csm_kernel csm_kernel_portable = {"portable", always, match};
