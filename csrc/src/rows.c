/* Sorting, thinning and checking packed rows.
 *
 * The sort is an in-place radix sort from the first byte down (McIlroy,
 * Bostic and McIlroy, "Engineering radix sort", 1993), which never compares
 * more than `width` bytes of a row whatever the rows hold; small ranges are
 * finished by insertion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

enum { SMALL = 24 };

static inline void swap_rows(uint8_t *a, uint8_t *b, size_t width)
{
    uint8_t hold[CSM_MAX_WIDTH];
    memcpy(hold, a, width);
    memcpy(a, b, width);
    memcpy(b, hold, width);
}

/* Rows agree in their first `depth` bytes. */
static void insertion_sort(uint8_t *rows, size_t count, size_t width, size_t depth)
{
    uint8_t hold[CSM_MAX_WIDTH];
    for (size_t i = 1; i < count; i++) {
        uint8_t *row = rows + i * width;
        size_t j = i;
        while (j > 0 &&
               memcmp(rows + (j - 1) * width + depth, row + depth, width - depth) > 0)
            j--;
        if (j == i)
            continue;
        memcpy(hold, row, width);
        memmove(rows + (j + 1) * width, rows + j * width, (i - j) * width);
        memcpy(rows + j * width, hold, width);
    }
}

/* Not inlined, so that its tables do not stand on the stack once a level. */
#if defined(__GNUC__)
#define APART __attribute__((noinline))
#else
#define APART
#endif

/* Puts each row into the part of its byte at `depth`: every swap brings at
 * least one row home. On return ends[b] is where part b ends. */
APART static void partition(uint8_t *rows, size_t count, size_t width, size_t depth, size_t ends[256])
{
    size_t next[256], counts[256] = {0};
    for (size_t i = 0; i < count; i++)
        counts[rows[i * width + depth]]++;
    size_t at = 0;
    for (size_t b = 0; b < 256; b++) {
        next[b] = at;
        at += counts[b];
        ends[b] = at;
    }
    for (size_t b = 0; b < 256; b++) {
        while (next[b] < ends[b]) {
            uint8_t *row = rows + next[b] * width;
            uint8_t home = row[depth];
            if (home == b)
                next[b]++;
            else
                swap_rows(row, rows + next[home]++ * width, width);
        }
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
            insertion_sort(rows, count, width, depth);
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

csamatch_status csamatch_rows_sort(uint8_t *rows, size_t count, size_t width)
{
    if ((rows == NULL && count > 0) || !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    if (count > 1)
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
    for (size_t i = 1; i < count; i++) {
        if (memcmp(rows + (i - 1) * width, rows + i * width, width) >= 0) {
            if (bad != NULL)
                *bad = i;
            return CSAMATCH_ERROR_ORDER;
        }
    }
    return CSAMATCH_OK;
}
