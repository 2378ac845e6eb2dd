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
 * Shorter rows are sought by their first four bytes, at every byte. Keys are
 * digests or hashes: some of a word's bits are as good as a hash of it. */
enum {
    LOW = 1 << 18, /* bits: 32 KiB, which stay in the nearest cache */
    ALL_BITS = 16,
    ALL = 1 << ALL_BITS,
    WORD = 8,
    WORDS = 4, /* looked at before there is a branch */
    LONG_ROW = 2 * WORD - 1,
    FEW_BYTES = 62 /* in so many, rows are sought without a sieve */
};

typedef struct row_sieve {
    uint64_t low[LOW / 64]; /* by the lowest bits of a word */
    uint64_t all[ALL / 64]; /* by all of them, twice */
    const uint8_t *rows;
    size_t count, width;
} row_sieve;

CSM_INLINE uint64_t low_bits_fit(const row_sieve *sieve, uint64_t word)
{
    word &= LOW - 1;
    return sieve->low[word / 64] >> word % 64 & 1;
}

CSM_INLINE bool word_fits(const row_sieve *sieve, uint64_t word)
{
    uint64_t hash = word * CSM_MULTIPLIER;
    uint64_t one = hash >> (64 - ALL_BITS), two = hash >> (64 - 2 * ALL_BITS) & (ALL - 1);
    return low_bits_fit(sieve, word) && (sieve->all[one / 64] >> one % 64 & 1) &&
           (sieve->all[two / 64] >> two % 64 & 1);
}

static void sieve_add(row_sieve *sieve, uint64_t word)
{
    uint64_t low = word & (LOW - 1), hash = word * CSM_MULTIPLIER;
    uint64_t one = hash >> (64 - ALL_BITS), two = hash >> (64 - 2 * ALL_BITS) & (ALL - 1);
    sieve->low[low / 64] |= UINT64_C(1) << low % 64;
    sieve->all[one / 64] |= UINT64_C(1) << one % 64;
    sieve->all[two / 64] |= UINT64_C(1) << two % 64;
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

/* Where the first row begins that covers the word at `at`, and not the one
 * before; `length` when there is none. */
static size_t seek_around(const row_sieve *sieve, const uint8_t *data, size_t length, size_t at)
{
    if (word_fits(sieve, csm_load_le64(data + at))) {
        for (size_t back = at < WORD ? at + 1 : WORD; back-- > 0;) {
            size_t start = at - back;
            if (length - start >= sieve->width && sieve_holds(sieve, data + start))
                return start;
        }
    }
    return length;
}

/* Whether any of the words in a block may be one of a row's: few are. */
CSM_INLINE bool block_fits(const row_sieve *sieve, const uint8_t *bytes)
{
    uint64_t fits = 0;
    for (size_t i = 0; i < WORDS; i++)
        fits |= low_bits_fit(sieve, csm_load_le64(bytes + i * WORD));
    return fits != 0;
}

/* Each finds the first row in data; `length` when there is none. */
static size_t seek_long(const row_sieve *sieve, const uint8_t *data, size_t length)
{
    size_t found = length, end = length - length % WORD;
    for (size_t at = 0; at < end && found == length;) {
        size_t stop = end - at < WORDS * WORD ? end : at + WORDS * WORD;
        if (stop - at == WORDS * WORD && !block_fits(sieve, data + at))
            at = stop;
        for (; at < stop && found == length; at += WORD)
            found = seek_around(sieve, data, length, at);
    }
    return found;
}

static size_t seek_short(const row_sieve *sieve, const uint8_t *data, size_t length)
{
    for (size_t at = 0; length >= sieve->width && at <= length - sieve->width; at++) {
        if (word_fits(sieve, csm_load_le32(data + at)) && sieve_holds(sieve, data + at))
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
        const uint8_t *row = rows + i * width;
        for (size_t offset = 0; is_long && offset < WORD; offset++)
            sieve_add(&sieve, csm_load_le64(row + offset));
        if (!is_long)
            sieve_add(&sieve, csm_load_le32(row));
    }
    *found = is_long ? seek_long(&sieve, data, length) : seek_short(&sieve, data, length);
    return CSAMATCH_OK;
}
