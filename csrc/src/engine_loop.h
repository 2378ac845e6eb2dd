/* See engine_match.h; this part comes after a kernel's own functions.
 * SPDX-License-Identifier: Apache-2.0 */

/* Looks candidates up in their windows, up to `end`. Those that these neither
 * hold nor rule out get the window beside it, or none in a wide bucket. */
CSM_TARGET static inline void try_windows(const csm_table *table, const uint8_t *queries,
                                          csm_pending *pending, size_t end)
{
    size_t width = table->width, left = pending->left, missed = left;
    for (size_t i = pending->tried; i < end; i++) {
        const uint8_t *key = queries + pending->query[i] * width;
        unsigned place = compare_window(table, table->keys + pending->start[i] * width, key);
        pending->found[i] = (int64_t)pending->start[i] + place;
        pending->again[missed] = (uint32_t)i;
        missed += place == table->window;
    }
    int64_t last = (int64_t)(table->count - table->window);
    for (size_t m = left; m < missed; m++) {
        uint32_t i = pending->again[m];
        uint64_t low, high;
        pending->found[i] = -1;
        pending->again[left] = i;
        csm_bucket_range(table, pending->spot[i], &low, &high);
        if (high - low > WIDE) {
            pending->start[i] = NOWHERE;
            left++;
            continue;
        }
        const uint8_t *key = queries + pending->query[i] * width;
        const uint8_t *window = table->keys + pending->start[i] * width;
        int64_t above = csm_compare(window + (table->window - 1) * width, key, width) < 0;
        int64_t below = csm_compare(window, key, width) > 0;
        int64_t start = (int64_t)pending->start[i];
        int64_t next = start + (above - below) * (int64_t)table->window;
        next = next < 0 ? 0 : next > last ? last : next;
        pending->start[i] = (uint64_t)next;
        left += next != start; /* else it lies between two keys, or beyond all */
        csm_prefetch_window(table, (uint64_t)next);
    }
    pending->left = left;
    pending->tried = end;
}

/* Searches buckets by halves, for candidates that two windows did not settle. */
CSM_TARGET static void search_rest(const csm_table *table, const uint8_t *queries,
                                   csm_pending *pending, const uint32_t *rest, size_t n)
{
    const uint8_t *keys[BATCH] = {NULL};
    uint64_t low[BATCH], high[BATCH];
    int64_t found[BATCH];
    for (size_t r = 0; r < n; r++) {
        size_t i = rest[r];
        keys[r] = queries + pending->query[i] * table->width;
        csm_bucket_range(table, pending->spot[i], &low[r], &high[r]);
        CSM_PREFETCH(table->keys + (low[r] + (high[r] - low[r]) / 2) * table->width);
    }
    csm_bisect(table, keys, low, high, n, found);
    for (size_t r = 0; r < n; r++)
        pending->found[rest[r]] = found[r];
}

/* Looks in a candidate's second window; false when its key may lie elsewhere. */
CSM_TARGET static inline bool is_settled(const csm_table *table, const uint8_t *queries,
                                         csm_pending *pending, size_t i)
{
    size_t width = table->width;
    const uint8_t *key = queries + pending->query[i] * width;
    const uint8_t *window = table->keys + pending->start[i] * width;
    unsigned place = compare_window(table, window, key);
    if (place < table->window) {
        pending->found[i] = (int64_t)pending->start[i] + place;
        return true;
    }
    return csm_compare(window, key, width) < 0 &&
           csm_compare(window + (table->window - 1) * width, key, width) > 0;
}

/* Takes a second look at candidates up to `end`. */
CSM_TARGET static inline void try_again(const csm_table *table, const uint8_t *queries,
                                        csm_pending *pending, size_t end)
{
    uint32_t rest[BATCH];
    size_t n = 0;
    for (; pending->looked < pending->left && pending->again[pending->looked] < end;
         pending->looked++) {
        uint32_t i = pending->again[pending->looked];
        rest[n] = i;
        n += pending->start[i] == NOWHERE || !is_settled(table, queries, pending, i);
        if (n == BATCH) {
            search_rest(table, queries, pending, rest, n);
            n = 0;
        }
    }
    if (n > 0)
        search_rest(table, queries, pending, rest, n);
}

/* Writes the hits among the candidates up to `end`, in order. */
CSM_TARGET static inline size_t settle(csm_pending *pending, size_t end, uint64_t base,
                                       csamatch_hit *hits)
{
    size_t count = 0;
    for (size_t i = pending->settled; i < end; i++) {
        hits[count] = (csamatch_hit){base + pending->query[i], (uint64_t)pending->found[i]};
        count += pending->found[i] >= 0;
    }
    pending->settled = end;
    return count;
}

static inline void empty(csm_pending *pending)
{
    pending->filled = pending->located = pending->tried = pending->settled = 0;
    pending->looked = pending->left = 0;
}

/* Takes candidates on to their next stages; all the way when `all`. */
CSM_TARGET static inline size_t advance(const csm_table *table, const uint8_t *queries,
                                        csm_pending *pending, bool all, uint64_t base,
                                        csamatch_hit *hits)
{
    all = all || pending->filled > PENDING - STEP * GROUP;
    size_t ready = all ? pending->filled : pending->filled - pending->filled % (BATCH / 2);
    if (ready > pending->located)
        locate(table, pending, ready);
    size_t settling = pending->tried;
    if (all)
        settling = ready;
    else if (ready - settling < 2 * BATCH)
        return 0;
    try_windows(table, queries, pending, all ? ready : settling + BATCH);
    try_again(table, queries, pending, settling);
    size_t count = settle(pending, settling, base, hits);
    if (all)
        empty(pending);
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
    empty(&pending);
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
    if (table->directory == NULL || table->count == 0)
        return csm_match_plain(table, queries, n, hits);
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t size = n - start < CHUNK ? n - start : CHUNK;
        count += match_chunk(table, queries + start * table->width, size, start, hits + count);
    }
    return count;
}
