/* The batch loop of every kernel, made anew in each kernel's file. That file
 * defines, before including this one:
 *
 *   CSM_TARGET          the target attribute of its functions, or nothing
 *   hash_group          hashes a group of queries and asks for their lines
 *   probe_group         tests a group against the filter, collects candidates
 *   locate              finds where the keys of candidates should lie
 *   compare_window      looks for a key among the keys there
 *
 * A batch flows through stages: hash, probe (the filter), locate (a window of
 * keys), try (that window), settle. Each stage asks for the memory that the
 * next one needs and works some way ahead of it, so that many waits overlap.
 * Only the first two see every query.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_ENGINE_MATCH_H
#define CSAMATCH_ENGINE_MATCH_H

#include "engine.h"

enum {
    GROUP = 8,      /* queries hashed and probed at a time */
    AHEAD = 8,      /* groups hashed before the first of them is probed */
    RING = 16,      /* groups remembered; a power of two above AHEAD */
    STEP = 4,       /* groups between two turns of the later stages */
    BATCH = 64,     /* candidates tried and settled at a time */
    PENDING = 512,  /* candidates under way at most */
    WIDE = 64,      /* larger buckets are not for windows: keys are uneven */
    CHUNK = 1 << 20 /* queries for which the numbers below have 32 bits */
};

/* The start of a window that there is not to be. */
#define NOWHERE UINT64_MAX

typedef struct csm_ring {
    _Alignas(64) uint64_t hash[RING * GROUP];
    _Alignas(64) uint64_t spot[RING * GROUP];
} csm_ring;

/* Candidates, from first to last: [0, settled) are done, up to `tried` they
 * were looked for in one window, up to `located` that was asked for, up to
 * `filled` they passed the filter. */
typedef struct csm_pending {
    uint32_t query[PENDING + GROUP];
    uint64_t spot[PENDING + GROUP];
    uint64_t start[PENDING + GROUP]; /* position of the window's first key */
    int64_t found[PENDING];          /* position of the key, or -1 */
    uint32_t again[PENDING + 1];     /* candidates that need a second look: */
    size_t looked, left;             /* those not yet looked for there */
    size_t filled, located, tried, settled;
} csm_pending;

/* A window begins a little before the place where a key is expected, and with
 * a cache line where keys of that width can. Returns a mask for its start. */
CSM_INLINE uint64_t csm_window_align(const csm_table *table)
{
    return 64 % table->width == 0 ? ~(uint64_t)(64 / table->width - 1) : ~UINT64_C(0);
}

CSM_INLINE void csm_prefetch_window(const csm_table *table, uint64_t start)
{
    const uint8_t *first = table->keys + start * table->width;
    CSM_PREFETCH(first);
    CSM_PREFETCH(first + 64);
    if (64 % table->width != 0)
        CSM_PREFETCH(first + table->window * table->width - 1);
}

/* The expected place of a key: keys spread evenly over a bucket, so the
 * fraction says where in it to look. */
CSM_INLINE uint64_t csm_window_start(const csm_table *table, uint64_t spot)
{
    uint64_t low, high, back = table->back, last = table->count - table->window;
    csm_bucket_range(table, spot, &low, &high);
    uint64_t start = low + ((csm_spot_bucket(spot) & UINT32_MAX) * (high - low) >> 32);
    start = (start < back ? 0 : start - back) & csm_window_align(table);
    return start < last ? start : last;
}

#endif
