/* The JSON scanner, as the readers of JSON formats use it. Not installed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_JSON_H
#define CSAMATCH_JSON_H

#include "internal.h"

#if defined(__SSE2__) && defined(__GNUC__)
#define HAVE_WIDE 1
#include <emmintrin.h>
#endif

/* Bytes of a string or number that are kept where it cannot be shown where it
 * lies, because it has escapes or goes on in the next chunk. */
#define CSM_JSON_TEXT CSAMATCH_VICS_TEXT

typedef enum csm_json_token {
    CSM_JSON_MORE,  /* the chunk is used up */
    CSM_JSON_ERROR, /* json->error says which */
    CSM_JSON_OBJECT,
    CSM_JSON_OBJECT_END,
    CSM_JSON_ARRAY,
    CSM_JSON_ARRAY_END,
    CSM_JSON_KEY,
    CSM_JSON_STRING,
    CSM_JSON_NUMBER,
    CSM_JSON_TRUE,
    CSM_JSON_FALSE,
    CSM_JSON_NULL
} csm_json_token;

/* What may come next. */
enum {
    CSM_JSON_VALUE,
    CSM_JSON_FIRST_VALUE,
    CSM_JSON_FIRST_KEY,
    CSM_JSON_NEXT_KEY,
    CSM_JSON_COLON,
    CSM_JSON_AFTER_VALUE,
    CSM_JSON_NOTHING
};

/* How far a number has come. The first of them may be its end. */
enum {
    CSM_JSON_NO_NUMBER,
    CSM_JSON_ZERO,
    CSM_JSON_INTEGER,
    CSM_JSON_FRACTION,
    CSM_JSON_EXPONENT,
    CSM_JSON_MINUS,
    CSM_JSON_POINT,
    CSM_JSON_EXPONENT_SIGN,
    CSM_JSON_EXPONENT_DIGIT
};

/* The text of a token: a key or string without its quotes, escapes undone, or
 * a number as it is written. Valid until the next call. */
typedef struct csm_json_text {
    const uint8_t *data;
    size_t length;
    bool is_long; /* more than CSM_JSON_TEXT bytes: there is no text then */
} csm_json_text;

struct csamatch_json {
    const uint8_t *chunk; /* where the bytes begin that are being read */
    uint64_t base;        /* bytes in front of them */
    uint64_t line;        /* from 0 */
    uint64_t line_start;  /* bytes in front of it */
    uint64_t place;       /* bytes in front of what is wrong, after an error */
    uint32_t depth;
    csamatch_status error;
    uint64_t is_object[CSAMATCH_JSON_DEPTH / 64]; /* one bit a level */
    uint8_t expected; /* what may come next */
    uint8_t inside;   /* the token that a chunk ended in, or MORE for none */
    bool keep;        /* the text of the next value is wanted; set after a KEY */
    bool is_key;      /* of the string inside */
    bool is_long;
    uint8_t step;       /* how far a number, a literal or an escape has come */
    uint8_t utf8_left;  /* bytes that a character still needs */
    uint8_t utf8_least; /* bounds of the first of them */
    uint8_t utf8_most;
    uint16_t unit;      /* the digits of a \u so far */
    uint16_t surrogate; /* the first half of a pair, or 0 */
    size_t length;      /* bytes in text */
    uint8_t text[CSM_JSON_TEXT];
};

void csm_json_init(csamatch_json *json);

/* Says that the bytes from `chunk` are those that follow what was read. */
static inline void csm_json_begin(csamatch_json *json, const uint8_t *chunk)
{
    json->chunk = chunk;
}

/* Says that the chunk was read up to `at`. */
static inline void csm_json_end(csamatch_json *json, const uint8_t *at)
{
    json->base += (uint64_t)(at - json->chunk);
}

/* Reads on from *at, and moves it behind the token. A KEY, STRING or NUMBER
 * sets *text, a STRING or NUMBER only where json->keep was set. */
csm_json_token csm_json_next(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                             csm_json_text *text);

/* Whether the number just read is written as an integer. */
static inline bool csm_json_is_integer(const csamatch_json *json)
{
    return json->step <= CSM_JSON_INTEGER;
}

static inline csm_json_token csm_json_fail(csamatch_json *json, const uint8_t **at,
                                           const uint8_t *p, csamatch_status error)
{
    *at = p;
    json->error = error;
    json->place = json->base + (uint64_t)(p - json->chunk);
    return CSM_JSON_ERROR;
}

static inline csm_json_token csm_json_finish_value(csamatch_json *json,
                                                   csm_json_token token)
{
    json->inside = CSM_JSON_MORE;
    json->expected = json->depth > 0 ? CSM_JSON_AFTER_VALUE : CSM_JSON_NOTHING;
    return token;
}

static inline csm_json_token csm_json_finish_string(csamatch_json *json)
{
    if (!json->is_key)
        return csm_json_finish_value(json, CSM_JSON_STRING);
    json->inside = CSM_JSON_MORE;
    json->keep = false;
    json->expected = CSM_JSON_COLON;
    return CSM_JSON_KEY;
}

/* Adds to the text of the token, if that is wanted. */
void csm_json_append(csamatch_json *json, const uint8_t *data, size_t length);

/* Goes on with a string that is not one plain run of bytes. */
csm_json_token csm_json_read_string(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                                    csm_json_text *text);

/* The first byte from p on that a string cannot just hold: a quote, a
 * backslash, a control character, or one that is not ASCII. */
static inline const uint8_t *csm_json_skip_plain(const uint8_t *p, const uint8_t *end)
{
#ifdef HAVE_WIDE
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(' ');
    for (; end - p >= 16; p += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* Bytes beyond ASCII are negative, and so below a blank, too. */
        __m128i found = _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, backslash));
        int mask = _mm_movemask_epi8(_mm_or_si128(found, _mm_cmplt_epi8(x, blank)));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#else
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    for (; end - p >= 8; p += 8) {
        uint64_t x = csm_load_le64(p), quote = x ^ ones * '"', backslash = x ^ ones * '\\';
        uint64_t found = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
        if (((found | (x - ones * ' ') | x) & tops) != 0)
            break;
    }
#endif
    while (p < end && *p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

#endif
