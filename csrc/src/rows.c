/* Sorting, thinning and checking packed rows.
 *
 * The sort is an in-place radix sort from the first byte down (McIlroy,
 * Bostic and McIlroy, "Engineering radix sort", 1993), which never compares
 * more than `width` bytes of a row whatever the rows hold; small ranges are
 * finished by insertion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

enum {
    SMALL = 24, /* rows sorted by insertion */
    AHEAD = 8   /* rows asked for before they are exchanged */
};

CSM_INLINE void insert_rows(uint8_t *rows, size_t count, size_t width)
{
    uint8_t hold[CSM_MAX_WIDTH];
    for (size_t i = 1; i < count; i++) {
        uint8_t *to = rows + i * width;
        if (csm_compare(to - width, to, width) <= 0)
            continue;
        memcpy(hold, to, width);
        do {
            memcpy(to, to - width, width);
            to -= width;
        } while (to > rows && csm_compare(to - width, hold, width) > 0);
        memcpy(to, hold, width);
    }
}

/* Puts each row into the part of its byte at `depth`: a row that is not at
 * home takes the place of the next one there, which goes on in turn. On return
 * ends[b] is where part b ends. */
CSM_INLINE void part_rows(uint8_t *rows, size_t count, size_t width, size_t depth, size_t ends[256])
{
    size_t next[256], counts[256] = {0};
    uint8_t hold[CSM_MAX_WIDTH], other[CSM_MAX_WIDTH];
    for (size_t i = 0; i < count; i++)
        counts[rows[i * width + depth]]++;
    size_t at = 0;
    for (size_t b = 0; b < 256; b++) {
        next[b] = at;
        at += counts[b];
        ends[b] = at;
    }
    for (size_t b = 0; b < 256; b++) {
        for (; next[b] < ends[b]; next[b]++) {
            uint8_t *row = rows + next[b] * width;
            if (row[depth] == b)
                continue;
            memcpy(hold, row, width);
            do {
                uint8_t *there = rows + next[hold[depth]]++ * width;
                /* 256 parts are more than a CPU follows by itself. */
                CSM_PREFETCH((const void *)((uintptr_t)there + AHEAD * width));
                memcpy(other, there, width);
                memcpy(there, hold, width);
                memcpy(hold, other, width);
            } while (hold[depth] != b);
            memcpy(row, hold, width);
        }
    }
}

/* Not inlined, so that the tables do not stand on the stack once a level. */
#if defined(__GNUC__)
#define APART __attribute__((noinline))
#else
#define APART
#endif

/* With the width known, a row is copied in a few instructions. */
APART static void partition(uint8_t *rows, size_t count, size_t width, size_t depth, size_t ends[256])
{
    switch (width) {
    case 16: part_rows(rows, count, 16, depth, ends); break;
    case 20: part_rows(rows, count, 20, depth, ends); break;
    case 32: part_rows(rows, count, 32, depth, ends); break;
    default: part_rows(rows, count, width, depth, ends);
    }
}

static void insertion_sort(uint8_t *rows, size_t count, size_t width)
{
    switch (width) {
    case 16: insert_rows(rows, count, 16); break;
    case 20: insert_rows(rows, count, 20); break;
    case 32: insert_rows(rows, count, 32); break;
    default: insert_rows(rows, count, width);
    }
}

/* Recursion is at most `width` deep, some 2 KiB a level: each takes one more
 * byte. Bytes that all rows share are passed over without a level. */
static void radix_sort(uint8_t *rows, size_t count, size_t width, size_t depth)
{
    size_t ends[256];
    for (;; depth++) {
        if (depth == width)
            return;
        if (count <= SMALL) {
            insertion_sort(rows, count, width);
            return;
        }
        partition(rows, count, width, depth, ends);
        size_t first = rows[depth];
        if (ends[first] < count || (first > 0 && ends[first - 1] > 0))
            break;
    }
    size_t start = 0;
    for (size_t b = 0; b < 256; b++) {
        if (ends[b] - start > 1)
            radix_sort(rows + start * width, ends[b] - start, width, depth + 1);
        start = ends[b];
    }
}

/* The first row that is not above the one before it; `count` when all are. */
static size_t first_out_of_order(const uint8_t *rows, size_t count, size_t width)
{
    for (size_t i = 1; i < count; i++) {
        const uint8_t *row = rows + i * width;
        if (csm_compare(row - width, row, width) >= 0)
            return i;
    }
    return count;
}

csamatch_status csamatch_rows_sort(uint8_t *rows, size_t count, size_t width)
{
    if ((rows == NULL && count > 0) || !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    /* Many sources are sorted already; of others this looks at a few rows. */
    if (count > 1 && first_out_of_order(rows, count, width) < count)
        radix_sort(rows, count, width, 0);
    return CSAMATCH_OK;
}

csamatch_status csamatch_rows_unique(uint8_t *rows, size_t count, size_t width, size_t *unique)
{
    if (unique == NULL || (rows == NULL && count > 0) || !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    size_t kept = count > 0;
    for (size_t i = 1; i < count; i++) {
        const uint8_t *row = rows + i * width;
        if (memcmp(row, rows + (kept - 1) * width, width) == 0)
            continue;
        if (kept != i)
            memcpy(rows + kept * width, row, width);
        kept++;
    }
    *unique = kept;
    return CSAMATCH_OK;
}

csamatch_status csamatch_rows_check(const uint8_t *rows, size_t count, size_t width, size_t *bad)
{
    if ((rows == NULL && count > 0) || !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    size_t first = first_out_of_order(rows, count, width);
    if (first == count)
        return CSAMATCH_OK;
    if (bad != NULL)
        *bad = first;
    return CSAMATCH_ERROR_ORDER;
}
