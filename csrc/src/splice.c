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

/* So many searches go on in step, so that their waits for memory overlap. */
enum { IN_STEP = 32 };

/* csm_compare, but for the branches that could go either way. */
CSM_INLINE bool is_below(const uint8_t *row, const uint8_t *query, size_t width)
{
    if (width < 8)
        return memcmp(row, query, width) < 0;
    uint64_t x = csm_load_be64(row), y = csm_load_be64(query);
    if (x == y)
        return memcmp(row + 8, query + 8, width - 8) < 0;
    return x < y;
}

/* Lower bounds of sorted queries, at most IN_STEP of them, among `count` rows. */
CSM_INLINE void bound_in_step(const uint8_t *rows, size_t count, size_t width,
                              const uint8_t *queries, size_t query_count, size_t *bounds)
{
    for (size_t i = 0; i < query_count; i++)
        bounds[i] = 0;
    while (count > 0) {
        size_t half = count - count / 2;
        for (size_t i = 0; i < query_count; i++) {
            const uint8_t *row = rows + (bounds[i] + half - 1) * width;
            bounds[i] += is_below(row, queries + i * width, width) ? half : 0;
        }
        count -= half;
    }
}

/* With the width known, a comparison takes a few instructions. */
static void bound(const uint8_t *rows, size_t count, size_t width, const uint8_t *queries,
                  size_t query_count, size_t *bounds)
{
    switch (width) {
    case 16: bound_in_step(rows, count, 16, queries, query_count, bounds); break;
    case 20: bound_in_step(rows, count, 20, queries, query_count, bounds); break;
    case 32: bound_in_step(rows, count, 32, queries, query_count, bounds); break;
    default: bound_in_step(rows, count, width, queries, query_count, bounds);
    }
}

csamatch_status csamatch_rows_locate(const uint8_t *rows, size_t count, size_t width,
                                     const uint8_t *queries, size_t query_count, int64_t *places)
{
    if (!csm_rows_fit(count, width) || !csm_rows_fit(query_count, width) ||
        (rows == NULL && count > 0) ||
        (query_count > 0 && (queries == NULL || places == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    for (size_t i = 1; i < query_count; i++) {
        if (csm_compare(queries + (i - 1) * width, queries + i * width, width) >= 0)
            return CSAMATCH_ERROR_ORDER;
    }
    size_t low = 0, bounds[IN_STEP];
    for (size_t i = 0; i < query_count; i += IN_STEP) {
        size_t some = query_count - i < IN_STEP ? query_count - i : IN_STEP;
        const uint8_t *asked = queries + i * width;
        size_t high = lower_bound(rows, count, width, low, asked + (some - 1) * width);
        bound(low < high ? rows + low * width : rows, high - low, width, asked, some, bounds);
        for (size_t j = 0; j < some; j++) {
            size_t at = low + bounds[j];
            bool is_there = at < count && memcmp(rows + at * width, asked + j * width, width) == 0;
            places[i + j] = is_there ? (int64_t)at : -1 - (int64_t)at;
        }
        low = high;
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

/* What is sought is any row, at any byte. A row of 15 bytes or more that lies
 * anywhere covers eight bytes that begin at a multiple of eight: it is enough
 * to look at those, and to know the words of a row at each of eight offsets.
 * Shorter rows are sought by their first four bytes, at every byte. */
enum {
    SIEVE_BITS = 18, /* 32 KiB, which stay in the nearest cache */
    WORD = 8,
    LONG_ROW = 2 * WORD - 1,
    FEW_BYTES = 62 /* in so many, rows are sought without a sieve */
};

typedef struct row_sieve {
    uint8_t bits[(1 << SIEVE_BITS) / 8];
    const uint8_t *rows;
    size_t count, width;
} row_sieve;

/* Two places for what is at `bytes`. */
CSM_INLINE uint64_t sieve_hash(const uint8_t *bytes, bool is_long)
{
    uint64_t word = is_long ? csm_load_le64(bytes) : csm_load_le32(bytes);
    return (word ^ word >> 32) * CSM_MULTIPLIER;
}

CSM_INLINE bool sieve_has(const row_sieve *sieve, uint64_t place)
{
    place &= (1 << SIEVE_BITS) - 1;
    return sieve->bits[place / 8] >> place % 8 & 1;
}

CSM_INLINE bool sieve_may_hold(const row_sieve *sieve, uint64_t hash)
{
    return sieve_has(sieve, hash >> (64 - SIEVE_BITS)) &&
           sieve_has(sieve, hash >> (64 - 2 * SIEVE_BITS));
}

static void sieve_add(row_sieve *sieve, uint64_t hash)
{
    for (unsigned i = 1; i <= 2; i++) {
        uint64_t place = hash >> (64 - i * SIEVE_BITS) & ((1 << SIEVE_BITS) - 1);
        sieve->bits[place / 8] |= (uint8_t)(1 << place % 8);
    }
}

static bool is_row(const uint8_t *rows, size_t count, size_t width, const uint8_t *bytes)
{
    size_t row = lower_bound(rows, count, width, 0, bytes);
    return row < count && memcmp(rows + row * width, bytes, width) == 0;
}

static bool sieve_holds(const row_sieve *sieve, const uint8_t *bytes)
{
    return is_row(sieve->rows, sieve->count, sieve->width, bytes);
}

/* Each finds the first row in data; `length` when there is none. */
static size_t seek_long(const row_sieve *sieve, const uint8_t *data, size_t length)
{
    for (size_t at = 0; length >= WORD && at <= length - WORD; at += WORD) {
        if (!sieve_may_hold(sieve, sieve_hash(data + at, true)))
            continue;
        for (size_t back = at < WORD ? at + 1 : WORD; back-- > 0;) {
            size_t start = at - back;
            if (length - start >= sieve->width && sieve_holds(sieve, data + start))
                return start;
        }
    }
    return length;
}

static size_t seek_short(const row_sieve *sieve, const uint8_t *data, size_t length)
{
    for (size_t at = 0; length >= sieve->width && at <= length - sieve->width; at++) {
        if (sieve_may_hold(sieve, sieve_hash(data + at, false)) && sieve_holds(sieve, data + at))
            return at;
    }
    return length;
}

static size_t seek_each(const uint8_t *rows, size_t count, size_t width, const uint8_t *data,
                        size_t length)
{
    for (size_t at = 0; length >= width && at <= length - width; at++) {
        if (is_row(rows, count, width, data + at))
            return at;
    }
    return length;
}

csamatch_status csamatch_rows_seek(const uint8_t *rows, size_t count, size_t width,
                                   const uint8_t *data, size_t length, size_t *found)
{
    if (!csm_rows_fit(count, width) || width < 4 || found == NULL || (rows == NULL && count > 0) ||
        (data == NULL && length > 0))
        return CSAMATCH_ERROR_ARGUMENT;
    if (length <= FEW_BYTES) {
        *found = seek_each(rows, count, width, data, length);
        return CSAMATCH_OK;
    }
    row_sieve sieve = {.rows = rows, .count = count, .width = width};
    bool is_long = width >= LONG_ROW;
    for (size_t i = 0; i < count; i++) {
        for (size_t offset = 0; offset < (is_long ? WORD : 1); offset++)
            sieve_add(&sieve, sieve_hash(rows + i * width + offset, is_long));
    }
    *found = is_long ? seek_long(&sieve, data, length) : seek_short(&sieve, data, length);
    return CSAMATCH_OK;
}
