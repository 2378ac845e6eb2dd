/* See engine_match.h; this part comes after a kernel's own functions.
 * SPDX-License-Identifier: Apache-2.0 */

CSM_TARGET static inline void fetch(const csm_table *table, const uint8_t *queries,
                                    csm_pending *pending)
{
    for (size_t i = pending->fetched; i < pending->filled; i++) {
        const uint8_t *key = queries + pending->query[i] * table->width;
        pending->spot[i] = csm_key_spot(key, table->buckets);
        CSM_PREFETCH(table->index + 4 * (pending->spot[i] >> 32));
    }
    pending->fetched = pending->filled;
}

/* Searches what lies beside the windows, for the candidates that the windows
 * neither held nor ruled out. */
CSM_TARGET static void search_rest(const csm_table *table, const uint8_t *queries,
                                   const csm_pending *pending, const size_t *rest, size_t n,
                                   int64_t *found)
{
    const uint8_t *keys[BATCH];
    uint64_t low[BATCH], high[BATCH];
    int64_t result[BATCH];
    size_t width = table->width;
    for (size_t r = 0; r < n; r++) {
        size_t i = pending->settled + rest[r];
        uint64_t start = pending->start[i], end = start + table->window;
        const uint8_t *window = table->keys + start * width;
        keys[r] = queries + pending->query[i] * width;
        csm_bucket_range(table, pending->spot[i] >> 32, &low[r], &high[r]);
        if (csm_compare(window, keys[r], width) > 0)
            high[r] = start < high[r] ? start : high[r];
        else if (csm_compare(window + (table->window - 1) * width, keys[r], width) < 0)
            low[r] = end > low[r] ? end : low[r];
        else
            low[r] = high[r]; /* between two keys of the window: not listed */
        if (low[r] > high[r]) /* the window lies beside the bucket */
            low[r] = high[r];
        CSM_PREFETCH(table->keys + (low[r] + (high[r] - low[r]) / 2) * width);
    }
    csm_bisect(table, keys, low, high, n, result);
    for (size_t r = 0; r < n; r++)
        found[rest[r]] = result[r];
}

/* Decides up to BATCH located candidates and writes their hits in order. */
CSM_TARGET static inline size_t settle(const csm_table *table, const uint8_t *queries,
                                       csm_pending *pending, uint64_t base, csamatch_hit *hits)
{
    int64_t found[BATCH];
    size_t rest[BATCH], left = 0, count = 0;
    size_t n = pending->located - pending->settled;
    n = n < BATCH ? n : BATCH;
    for (size_t i = 0; i < n; i++) {
        size_t at = pending->settled + i;
        const uint8_t *key = queries + pending->query[at] * table->width;
        const uint8_t *window = table->keys + pending->start[at] * table->width;
        unsigned place = compare_window(table, window, key);
        found[i] = (int64_t)pending->start[at] + place;
        rest[left] = i;
        left += place == table->window;
    }
    if (left > 0)
        search_rest(table, queries, pending, rest, left, found);
    for (size_t i = 0; i < n; i++) {
        hits[count] = (csamatch_hit){base + pending->query[pending->settled + i],
                                     (uint64_t)found[i]};
        count += found[i] >= 0;
    }
    pending->settled += n;
    return count;
}

/* Takes candidates on to their next stages; all the way when `all`. */
CSM_TARGET static inline size_t advance(const csm_table *table, const uint8_t *queries,
                                        csm_pending *pending, bool all, uint64_t base,
                                        csamatch_hit *hits)
{
    size_t count = 0;
    fetch(table, queries, pending);
    all = all || pending->filled > PENDING - STEP * GROUP;
    size_t ready = all ? pending->fetched : pending->fetched - pending->fetched % (BATCH / 2);
    if (ready > pending->located)
        locate(table, pending, ready);
    while (pending->located - pending->settled >= (all ? 1 : 2 * BATCH))
        count += settle(table, queries, pending, base, hits + count);
    if (all)
        pending->filled = pending->fetched = pending->located = pending->settled = 0;
    return count;
}

/* One chunk; `hits` has room for n of them. */
CSM_TARGET static size_t match_chunk(const csm_table *table, const uint8_t *queries, size_t n,
                                     uint64_t base, csamatch_hit *hits)
{
    csm_ring ring;
    csm_pending pending;
    uint8_t tail[GROUP * CSM_MAX_WIDTH];
    size_t whole = n / GROUP, groups = (n + GROUP - 1) / GROUP, count = 0;
    pending.filled = pending.fetched = pending.located = pending.settled = 0;
    memset(pending.spot, 0, sizeof pending.spot); /* read in whole groups */
    if (whole < groups) {
        memset(tail, 0, GROUP * table->width);
        memcpy(tail, queries + whole * GROUP * table->width, (n % GROUP) * table->width);
    }
    for (size_t g = 0; g < groups + AHEAD; g++) {
        if (g < groups)
            hash_group(table, g < whole ? queries + g * GROUP * table->width : tail, &ring,
                       g % RING * GROUP);
        if (g < AHEAD)
            continue;
        size_t probed = g - AHEAD;
        probe_group(table, &ring, probed % RING * GROUP, (uint32_t)(probed * GROUP), &pending);
        while (probed == whole && pending.filled > pending.settled &&
               pending.query[pending.filled - 1] >= n)
            pending.filled--; /* candidates out of the tail's padding */
        if (probed % STEP == STEP - 1)
            count += advance(table, queries, &pending, false, base, hits + count);
    }
    return count + advance(table, queries, &pending, true, base, hits + count);
}

static size_t match(const csm_table *table, const uint8_t *queries, size_t n, csamatch_hit *hits)
{
    size_t count = 0;
    if (table->filter == NULL || table->count == 0)
        return csm_match_plain(table, queries, n, hits);
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t size = n - start < CHUNK ? n - start : CHUNK;
        count += match_chunk(table, queries + start * table->width, size, start, hits + count);
    }
    return count;
}
