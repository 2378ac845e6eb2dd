/* Finding what ends fields and rows of comma-separated values, many bytes at a
 * time. csv.c compiles it, and the tests do a second time without SSE2
 * (CSM_PORTABLE).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_CSV_FIND_H
#define CSAMATCH_CSV_FIND_H

#include "internal.h"

#ifndef CSM_PORTABLE
#include "wide.h"
#endif

/* Where the first of delimiter, line feed and carriage return is, or length. */
static inline size_t find_end(const uint8_t *text, size_t at, size_t length, uint8_t delimiter)
{
#ifdef CSM_WIDE
    for (; length - at >= 16; at += 16) {
        __m128i in = csm_wide_load(text + at);
        __m128i ends = _mm_or_si128(csm_wide_equal(in, '\n'), csm_wide_equal(in, '\r'));
        unsigned mask = csm_wide_bits(_mm_or_si128(ends, csm_wide_equal(in, (char)delimiter)));
        if (mask != 0)
            return at + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (at < length && text[at] != delimiter && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

/* Where the first quote is, or length; adds the line feeds in front of it to
 * *lines. */
static inline size_t find_quote(const uint8_t *text, size_t at, size_t length, uint8_t quote,
                                size_t *lines)
{
#ifdef CSM_WIDE
    for (; length - at >= 16; at += 16) {
        __m128i in = csm_wide_load(text + at);
        unsigned quotes = csm_wide_bits(csm_wide_equal(in, (char)quote));
        unsigned feeds = csm_wide_bits(csm_wide_equal(in, '\n'));
        if (quotes != 0)
            feeds &= (quotes & (0u - quotes)) - 1; /* those below the first quote */
        for (; feeds != 0; feeds &= feeds - 1)
            ++*lines;
        if (quotes != 0)
            return at + (unsigned)__builtin_ctz(quotes);
    }
#endif
    for (; at < length && text[at] != quote; at++)
        *lines += text[at] == '\n';
    return at;
}

#ifdef CSM_WIDE
static inline uint64_t equal_64(const __m128i in[4], uint8_t c)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++)
        bits |= (uint64_t)csm_wide_bits(csm_wide_equal(in[i], (char)c)) << (16 * i);
    return bits;
}

/* For each bit whether an odd number of bits up to it are set, itself included. */
static inline uint64_t parity_up_to(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

static inline unsigned count_bits(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    return (unsigned)((((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101) >> 56);
}
#endif

/* Where the line of a row ends, when a field begins at `at` and all that follows
 * is plain: quotes stand around whole fields, no carriage return without its
 * line feed, no line end within quotes. Else `length`: whoever asks looks
 * closer. Adds the delimiters in front of that end to *delimiters. */
static inline size_t find_plain_end(const uint8_t *text, size_t at, size_t length,
                                    uint8_t delimiter, uint8_t quote, size_t *delimiters)
{
#ifdef CSM_WIDE
    uint64_t inside = 0, border = 1, closed = 0; /* of the bytes behind */
    size_t found = 0;
    for (; length - at > 64; at += 64) {
        const uint8_t *block = text + at;
        __m128i in[4] = {csm_wide_load(block), csm_wide_load(block + 16),
                         csm_wide_load(block + 32), csm_wide_load(block + 48)};
        uint64_t feeds = equal_64(in, '\n'), returns = equal_64(in, '\r');
        uint64_t quotes = quote != 0 ? equal_64(in, quote) : 0;
        uint64_t within = parity_up_to(quotes) ^ inside;
        uint64_t marks = equal_64(in, delimiter) & ~within;
        uint64_t ends = feeds | returns, stop = ends & (0 - ends);
        uint64_t before = stop - 1; /* all bits where nothing ends here */
        uint64_t borders = marks | ends;
        /* A quote that opens stands behind a border, one that closes in front of one. */
        uint64_t closing = quotes & ~within;
        uint64_t odd = quotes & within & ~(borders << 1 | border);
        odd |= (closing << 1 | closed) & ~borders;
        if (((odd & (before | stop)) | (stop & within)) != 0)
            break;
        found += count_bits(marks & before);
        if (stop != 0) {
            size_t end = at + (unsigned)__builtin_ctzll(stop);
            if (text[end] == '\r' && text[end + 1] != '\n')
                break;
            *delimiters += found;
            return end;
        }
        inside = within >> 63 != 0 ? UINT64_MAX : 0;
        border = borders >> 63;
        closed = closing >> 63;
    }
#else
    (void)text, (void)at, (void)delimiter, (void)quote, (void)delimiters;
#endif
    return length;
}

#endif
