/* A streaming scanner of JSON (RFC 8259). It holds one token at most, and of
 * that no more than the first few KiB.
 * SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

void csm_json_init(csamatch_json *json)
{
    memset(json, 0, offsetof(csamatch_json, text));
}

static inline bool is_in_object(const csamatch_json *json)
{
    uint32_t level = json->depth - 1;
    return (json->is_object[level / 64] >> level % 64 & 1) != 0;
}

static csm_json_token push(csamatch_json *json, const uint8_t **at, bool object)
{
    if (json->depth == CSAMATCH_JSON_DEPTH)
        return csm_json_fail(json, at, *at, CSAMATCH_ERROR_JSON_DEPTH);
    uint64_t bit = (uint64_t)1 << json->depth % 64;
    uint64_t *bits = &json->is_object[json->depth / 64];
    *bits = object ? *bits | bit : *bits & ~bit;
    json->depth++;
    json->keep = false;
    json->expected = object ? CSM_JSON_FIRST_KEY : CSM_JSON_FIRST_VALUE;
    *at += 1;
    return object ? CSM_JSON_OBJECT : CSM_JSON_ARRAY;
}

static inline csm_json_token pop(csamatch_json *json, const uint8_t **at)
{
    bool object = is_in_object(json);
    json->depth--;
    *at += 1;
    return csm_json_finish_value(json, object ? CSM_JSON_OBJECT_END : CSM_JSON_ARRAY_END);
}

/* ------------------------------------------------------------- strings --- */

/* *at is behind the quote. */
static inline csm_json_token begin_string(csamatch_json *json, const uint8_t **at,
                                          const uint8_t *end, csm_json_text *text, bool is_key)
{
    const uint8_t *start = *at, *p = csm_json_skip_plain(start, end);
    json->is_key = is_key;
    if (p < end && *p == '"') {
        text->data = start;
        text->length = (size_t)(p - start);
        text->is_long = text->length > CSM_JSON_TEXT;
        *at = p + 1;
        return csm_json_finish_string(json);
    }
    json->inside = CSM_JSON_STRING;
    json->step = 0;
    json->length = 0;
    json->is_long = false;
    return csm_json_read_string(json, at, end, text);
}

/* -------------------------------------------------- numbers and literals --- */

/* What a number is after another character of it; CSM_JSON_NO_NUMBER when that one
 * cannot follow. */
static inline uint8_t next_step(uint8_t step, uint8_t c)
{
    bool digit = c >= '0' && c <= '9';
    switch (step) {
    case CSM_JSON_MINUS: return c == '0' ? CSM_JSON_ZERO : digit ? CSM_JSON_INTEGER : CSM_JSON_NO_NUMBER;
    case CSM_JSON_INTEGER:
        if (digit)
            return CSM_JSON_INTEGER; /* fall through */
    case CSM_JSON_ZERO: return c == '.' ? CSM_JSON_POINT : (c | 0x20) == 'e' ? CSM_JSON_EXPONENT_SIGN : CSM_JSON_NO_NUMBER;
    case CSM_JSON_POINT: return digit ? CSM_JSON_FRACTION : CSM_JSON_NO_NUMBER;
    case CSM_JSON_FRACTION: return digit ? CSM_JSON_FRACTION : (c | 0x20) == 'e' ? CSM_JSON_EXPONENT_SIGN : CSM_JSON_NO_NUMBER;
    case CSM_JSON_EXPONENT_SIGN: return digit ? CSM_JSON_EXPONENT : c == '+' || c == '-' ? CSM_JSON_EXPONENT_DIGIT : CSM_JSON_NO_NUMBER;
    default: return digit ? CSM_JSON_EXPONENT : CSM_JSON_NO_NUMBER;
    }
}

/* Goes on with a number, whose bytes in this chunk begin at `start`. */
static csm_json_token read_number(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                                  const uint8_t *start, csm_json_text *text)
{
    const uint8_t *p = *at;
    bool is_whole = json->inside == CSM_JSON_MORE;
    uint8_t step = json->step, next;
    while (p < end && (next = next_step(step, *p)) != CSM_JSON_NO_NUMBER) {
        step = next;
        p++;
        if (step >= CSM_JSON_INTEGER && step <= CSM_JSON_EXPONENT)
            while (p < end && *p >= '0' && *p <= '9')
                p++;
    }
    json->step = step;
    if (!is_whole || p == end) {
        json->is_key = false;
        csm_json_append(json, start, (size_t)(p - start));
    }
    *at = p;
    if (p == end) {
        json->inside = CSM_JSON_NUMBER;
        return CSM_JSON_MORE;
    }
    if (step > CSM_JSON_EXPONENT)
        return csm_json_fail(json, at, p, CSAMATCH_ERROR_JSON_NUMBER);
    text->data = is_whole ? start : json->text;
    text->length = is_whole ? (size_t)(p - start) : json->length;
    text->is_long = is_whole ? text->length > CSM_JSON_TEXT : json->is_long;
    return csm_json_finish_value(json, CSM_JSON_NUMBER);
}

static csm_json_token begin_number(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                                   csm_json_text *text)
{
    const uint8_t *start = *at;
    json->step = *start == '-' ? CSM_JSON_MINUS : *start == '0' ? CSM_JSON_ZERO : CSM_JSON_INTEGER;
    json->length = 0;
    json->is_long = false;
    *at += 1;
    return read_number(json, at, end, start, text);
}

/* true, false or null, whichever `token` says. */
static csm_json_token read_literal(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                                   csm_json_token token)
{
    const char *rest = token == CSM_JSON_TRUE ? "true" : token == CSM_JSON_FALSE ? "false" : "null";
    const uint8_t *p = *at;
    json->inside = (uint8_t)token;
    for (rest += json->step; *rest != '\0'; rest++, p++, json->step++) {
        if (p == end) {
            *at = p;
            return CSM_JSON_MORE;
        }
        if (*p != (uint8_t)*rest)
            return csm_json_fail(json, at, p, CSAMATCH_ERROR_JSON_SYNTAX);
    }
    *at = p;
    return csm_json_finish_value(json, token);
}

/* -------------------------------------------------------------- tokens --- */

static csm_json_token begin_value(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                                  csm_json_text *text)
{
    uint8_t c = **at;
    switch (c) {
    case '"': *at += 1; return begin_string(json, at, end, text, false);
    case '{': return push(json, at, true);
    case '[': return push(json, at, false);
    case 't': json->step = 0; return read_literal(json, at, end, CSM_JSON_TRUE);
    case 'f': json->step = 0; return read_literal(json, at, end, CSM_JSON_FALSE);
    case 'n': json->step = 0; return read_literal(json, at, end, CSM_JSON_NULL);
    default:
        if (c == '-' || (c >= '0' && c <= '9'))
            return begin_number(json, at, end, text);
        return csm_json_fail(json, at, *at, CSAMATCH_ERROR_JSON_SYNTAX);
    }
}

/* The first byte that is no white space. */
static inline const uint8_t *skip_space(csamatch_json *json, const uint8_t *p, const uint8_t *end)
{
    if (p < end && *p > ' ')
        return p;
    for (; p < end && *p <= ' '; p++) {
        if (*p == '\n') {
            json->line++;
            json->line_start = json->base + (uint64_t)(p - json->chunk) + 1;
        } else if (*p != ' ' && *p != '\r' && *p != '\t') {
            break;
        }
    }
    return p;
}

static csm_json_token go_on(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                            csm_json_text *text)
{
    switch (json->inside) {
    case CSM_JSON_STRING: return csm_json_read_string(json, at, end, text);
    case CSM_JSON_NUMBER: return read_number(json, at, end, *at, text);
    default: return read_literal(json, at, end, (csm_json_token)json->inside);
    }
}

csm_json_token csm_json_next(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                             csm_json_text *text)
{
    if (json->inside != CSM_JSON_MORE)
        return *at == end ? CSM_JSON_MORE : go_on(json, at, end, text);
    for (;;) {
        const uint8_t *p = skip_space(json, *at, end);
        *at = p;
        if (p == end)
            return CSM_JSON_MORE;
        switch (json->expected) {
        case CSM_JSON_FIRST_VALUE:
            if (*p == ']')
                return pop(json, at); /* fall through */
        case CSM_JSON_VALUE: return begin_value(json, at, end, text);
        case CSM_JSON_FIRST_KEY:
            if (*p == '}')
                return pop(json, at); /* fall through */
        case CSM_JSON_NEXT_KEY:
            if (*p != '"')
                return csm_json_fail(json, at, p, CSAMATCH_ERROR_JSON_SYNTAX);
            *at = p + 1;
            return begin_string(json, at, end, text, true);
        case CSM_JSON_COLON:
            if (*p != ':')
                return csm_json_fail(json, at, p, CSAMATCH_ERROR_JSON_SYNTAX);
            json->expected = CSM_JSON_VALUE;
            break;
        case CSM_JSON_AFTER_VALUE:
            if (*p == (is_in_object(json) ? '}' : ']'))
                return pop(json, at);
            if (*p != ',')
                return csm_json_fail(json, at, p, CSAMATCH_ERROR_JSON_SYNTAX);
            json->expected = is_in_object(json) ? CSM_JSON_NEXT_KEY : CSM_JSON_VALUE;
            break;
        default: return csm_json_fail(json, at, p, CSAMATCH_ERROR_JSON_TRAILING);
        }
        *at = p + 1;
    }
}

