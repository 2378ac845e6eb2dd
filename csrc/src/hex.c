/* Hex digits to bytes, and lines of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Part of every x86-64, so there is nothing to choose at run time. */
#if defined(__SSE2__)
#define HAVE_WIDE 1
#include <emmintrin.h>
#endif

/* The value of each character as a hex digit; X for all that are none. Its
 * bits above the lowest four tell a bad digit in any number of good ones. */
#define X 0xFF
#define X16 X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X
static const uint8_t values[256] = {
    X16, X16, X16,                                              /* 00 to 2F */
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, X, X, X, X, X, X,             /* 30 to 3F */
    X, 10, 11, 12, 13, 14, 15, X, X, X, X, X, X, X, X, X, X16,  /* 40 to 5F */
    X, 10, 11, 12, 13, 14, 15, X, X, X, X, X, X, X, X, X, X16,  /* 60 to 7F */
    X16, X16, X16, X16, X16, X16, X16, X16,                     /* 80 to FF */
};
#undef X
#undef X16

static size_t first_bad(const uint8_t *text, size_t digits)
{
    size_t at = 0;
    while (at < digits && values[text[at]] < 16)
        at++;
    return at;
}

#ifdef HAVE_WIDE
/* Sixteen digits to eight bytes; false when one of them is none. */
static inline bool decode_wide(const uint8_t *in, uint8_t *out)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i lower = _mm_or_si128(text, _mm_set1_epi8(0x20));
    __m128i digit = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    __m128i letter = _mm_sub_epi8(lower, _mm_set1_epi8('a'));
    /* Subtraction that stops at zero leaves zero up to the bound. */
    __m128i none = _mm_setzero_si128();
    __m128i is_digit = _mm_cmpeq_epi8(_mm_subs_epu8(digit, _mm_set1_epi8(9)), none);
    __m128i is_letter = _mm_cmpeq_epi8(_mm_subs_epu8(letter, _mm_set1_epi8(5)), none);
    letter = _mm_add_epi8(letter, _mm_set1_epi8(10));
    __m128i value = _mm_or_si128(_mm_and_si128(is_digit, digit), _mm_and_si128(is_letter, letter));
    /* Each 16 bits hold the high digit below the low one. */
    __m128i pair = _mm_or_si128(_mm_slli_epi16(value, 4), _mm_srli_epi16(value, 8));
    pair = _mm_and_si128(pair, _mm_set1_epi16(0xFF));
    _mm_storel_epi64((__m128i *)(void *)out, _mm_packus_epi16(pair, pair));
    return _mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)) == 0xFFFF;
}
#endif

/* `digits` is even. False when a character is no digit. */
static inline bool decode(const uint8_t *in, size_t digits, uint8_t *out)
{
    unsigned seen = 0;
    size_t i = 0;
#ifdef HAVE_WIDE
    for (; i + 16 <= digits; i += 16)
        if (!decode_wide(in + i, out + i / 2))
            return false;
#endif
    for (; i < digits; i += 2) {
        unsigned high = values[in[i]], low = values[in[i + 1]];
        out[i / 2] = (uint8_t)(high << 4 | low);
        seen |= high | low;
    }
    return seen < 16;
}

csamatch_status csamatch_hex_decode(const char *text, size_t digits, uint8_t *out, size_t *bad)
{
    if (digits > 0 && (text == NULL || out == NULL))
        return CSAMATCH_ERROR_ARGUMENT;
    if (digits % 2 != 0)
        return CSAMATCH_ERROR_LENGTH;
    if (decode((const uint8_t *)text, digits, out))
        return CSAMATCH_OK;
    if (bad != NULL)
        *bad = first_bad((const uint8_t *)text, digits);
    return CSAMATCH_ERROR_ALPHABET;
}

static inline bool is_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

/* Whether what stands behind a digest, `length` bytes to the end of its line,
 * may be more than the name of a file: further digests, or a second line. */
static bool may_hold_more(const uint8_t *text, size_t length)
{
    const uint8_t *ret = memchr(text, '\r', length);
    if (ret != NULL && ret + 1 != text + length)
        return true;
    if (length > 1 && text[0] == ' ' && (text[1] == ' ' || text[1] == '*'))
        return false; /* as coreutils write it */
    size_t at = 0, digits = 0;
    while (at < length && is_one_of(text[at], " \t,;|"))
        at++;
    if (at < length && is_one_of(text[at], "=\"'`*_()[]<>"))
        return true;
    for (; at < length && digits < 32; at++) {
        uint8_t c = text[at], letter = c | 0x20;
        bool is_digit = (c >= '0' && c <= '9') || (letter >= 'a' && letter <= 'f');
        digits = is_digit ? digits + 1 : 0;
    }
    return digits == 32;
}

/* How long the rest of a line is, its end included, when it begins at `text`,
 * just behind a digest; 0 when that is no plain end of one. */
static inline size_t line_rest(const uint8_t *text, size_t length)
{
    if (length == 0)
        return 0;
    if (text[0] == '\n')
        return 1;
    if (text[0] == '\r')
        return length > 1 && text[1] == '\n' ? 2 : 0;
    if (!is_one_of(text[0], " \t,;|"))
        return 0;
    /* A name. Not a long one: whoever limits lines limits these, too. */
    const uint8_t *end = memchr(text, '\n', length < 4096 ? length : 4096);
    if (end == NULL || may_hold_more(text, (size_t)(end - text)))
        return 0;
    return (size_t)(end - text) + 1;
}

csamatch_status csamatch_hex_lines(const char *text, size_t length, size_t width, uint8_t *keys,
                                   size_t room, size_t *count, size_t *used)
{
    if ((length > 0 && text == NULL) || (room > 0 && keys == NULL) || count == NULL ||
        used == NULL || width == 0 || !csm_rows_fit(room, width))
        return CSAMATCH_ERROR_ARGUMENT;
    const uint8_t *in = (const uint8_t *)text;
    size_t at = 0, n = 0, digits = 2 * width;
    while (n < room && length - at > digits && decode(in + at, digits, keys + n * width)) {
        size_t rest = line_rest(in + at + digits, length - at - digits);
        if (rest == 0)
            break;
        at += digits + rest;
        n++;
    }
    *count = n;
    *used = at;
    return CSAMATCH_OK;
}
