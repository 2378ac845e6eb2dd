/* The stages that kernels without wide gathers share: one query at a time.
 * Included, like engine_loop.h, by each of them, for its own target.
 * SPDX-License-Identifier: Apache-2.0 */

CSM_TARGET static inline void hash_group(const csm_table *table, const uint8_t *queries,
                                         csm_ring *ring, size_t slot)
{
    for (size_t i = 0; i < GROUP; i++) {
        uint64_t hash = csm_key_hash(queries + i * table->width, table->width);
        ring->hash[slot + i] = hash;
        uint64_t spot = csm_key_spot(queries + i * table->width, table->lines);
        ring->spot[slot + i] = spot;
        CSM_PREFETCH(table->directory + CSM_LINE * (spot >> 32));
    }
}

CSM_TARGET static inline void probe_group(const csm_table *table, const csm_ring *ring,
                                          size_t slot, uint32_t query, csm_pending *pending)
{
    size_t filled = pending->filled;
    for (size_t i = 0; i < GROUP; i++) {
        uint64_t spot = ring->spot[slot + i];
        pending->query[filled] = query + (uint32_t)i;
        pending->spot[filled] = spot;
        filled += csm_may_hold(table, spot, ring->hash[slot + i]);
    }
    pending->filled = filled;
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
