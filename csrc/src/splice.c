/* Sorted rows within sorted rows: finding them, putting them in, taking them
 * out, and searching bytes for what was taken out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

/* The first row from `low` on that is not below the key. The steps double, so
 * that keys which lie close together cost little. */
static size_t lower_bound(const uint8_t *rows, size_t count, size_t width, size_t low,
                          const uint8_t *key)
{
    size_t step = 1, high = low;
    while (high < count && csm_compare(rows + high * width, key, width) < 0) {
        low = high + 1;
        high = step < count - high ? high + step : count;
        step *= 2;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (csm_compare(rows + middle * width, key, width) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

csamatch_status csamatch_rows_locate(const uint8_t *rows, size_t count, size_t width,
                                     const uint8_t *queries, size_t query_count, int64_t *places)
{
    if (!csm_rows_fit(count, width) || !csm_rows_fit(query_count, width) ||
        (rows == NULL && count > 0) ||
        (query_count > 0 && (queries == NULL || places == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    size_t at = 0;
    for (size_t i = 0; i < query_count; i++) {
        const uint8_t *query = queries + i * width;
        if (i > 0 && csm_compare(query - width, query, width) >= 0)
            return CSAMATCH_ERROR_ORDER;
        at = lower_bound(rows, count, width, at, query);
        bool is_there = at < count && memcmp(rows + at * width, query, width) == 0;
        places[i] = is_there ? (int64_t)at : -1 - (int64_t)at;
    }
    return CSAMATCH_OK;
}

/* Whether numbers ascend, strictly or not, and stay below a limit. */
static bool ascend(const uint64_t *numbers, size_t count, size_t limit, bool strictly)
{
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] >= limit || (i > 0 && numbers[i] < numbers[i - 1] + strictly))
            return false;
    }
    return true;
}

csamatch_status csamatch_rows_splice(const uint8_t *rows, size_t count, size_t width,
                                     const uint64_t *removed, size_t removed_count,
                                     const uint8_t *added, const uint64_t *places,
                                     size_t added_count, uint8_t *out)
{
    if (!csm_rows_fit(count, width) || !csm_rows_fit(added_count, width) ||
        !csm_rows_fit(count + added_count, width) || (rows == NULL && count > 0) ||
        (removed == NULL && removed_count > 0) ||
        (added_count > 0 && (added == NULL || places == NULL)) ||
        (out == NULL && count - removed_count + added_count > 0) ||
        !ascend(removed, removed_count, count, true) ||
        !ascend(places, added_count, count + 1, false))
        return CSAMATCH_ERROR_ARGUMENT;
    size_t at = 0, gone = 0, come = 0;
    while (at < count || come < added_count) {
        size_t end = gone < removed_count ? (size_t)removed[gone] : count;
        if (come < added_count && places[come] <= end)
            end = (size_t)places[come];
        if (end > at) {
            memcpy(out, rows + at * width, (end - at) * width);
            out += (end - at) * width;
            at = end;
        }
        if (come < added_count && places[come] == at) {
            memcpy(out, added + come++ * width, width);
            out += width;
        } else if (gone < removed_count && removed[gone] == at) {
            gone++;
            at++;
        }
    }
    return CSAMATCH_OK;
}

enum { SIEVE_BITS = 18 }; /* 32 KiB, which stay in the nearest cache */

static size_t sieve_place(const uint8_t *bytes)
{
    return (size_t)(csm_load_le32(bytes) * UINT32_C(0x9E3779B1) >> (32 - SIEVE_BITS));
}

csamatch_status csamatch_rows_seek(const uint8_t *rows, size_t count, size_t width,
                                   const uint8_t *data, size_t length, size_t *found)
{
    uint8_t sieve[(1 << SIEVE_BITS) / 8] = {0};
    if (!csm_rows_fit(count, width) || width < 4 || found == NULL || (rows == NULL && count > 0) ||
        (data == NULL && length > 0))
        return CSAMATCH_ERROR_ARGUMENT;
    *found = length;
    for (size_t i = 0; i < count; i++) {
        size_t place = sieve_place(rows + i * width);
        sieve[place / 8] |= (uint8_t)(1 << place % 8);
    }
    for (size_t at = 0; count > 0 && length >= width && at <= length - width; at++) {
        size_t place = sieve_place(data + at);
        if ((sieve[place / 8] >> place % 8 & 1) == 0)
            continue;
        size_t row = lower_bound(rows, count, width, 0, data + at);
        if (row < count && memcmp(rows + row * width, data + at, width) == 0) {
            *found = at;
            break;
        }
    }
    return CSAMATCH_OK;
}
