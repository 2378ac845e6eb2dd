/* Strings of JSON that have escapes, characters beyond ASCII, or an end in
 * another chunk.
 * SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

/* How far an escape has come: 1 behind the backslash, then one for the 'u' and
 * each digit. */
enum { NO_ESCAPE, BACKSLASH, DIGITS };

void csm_json_append(csamatch_json *json, const uint8_t *data, size_t length)
{
    if (!json->keep && !json->is_key)
        return;
    if (length > CSM_JSON_TEXT - json->length) {
        json->is_long = true;
        return;
    }
    if (length > 0)
        memcpy(json->text + json->length, data, length);
    json->length += length;
}

static void append_character(csamatch_json *json, uint32_t c)
{
    uint8_t bytes[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        bytes[i] = (uint8_t)(0x80 | (c & 0x3F));
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    bytes[0] = (uint8_t)(lead[n] | c);
    csm_json_append(json, bytes, n);
}

/* Takes the first byte of a character beyond ASCII; false when it is none.
 * What follows is bounded so that no character is written longer than it need
 * be, none is a surrogate, and none lies beyond U+10FFFF. */
static bool begin_character(csamatch_json *json, uint8_t c)
{
    if (c < 0xC2 || c > 0xF4)
        return false;
    json->utf8_left = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    json->utf8_least = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    json->utf8_most = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    return true;
}

/* The four digits of a \u are complete. */
static csamatch_status end_unit(csamatch_json *json)
{
    uint16_t unit = json->unit;
    json->step = NO_ESCAPE;
    if (json->surrogate != 0) {
        if (unit < 0xDC00 || unit > 0xDFFF)
            return CSAMATCH_ERROR_JSON_SURROGATE;
        append_character(json, 0x10000 + ((json->surrogate & 0x3FFu) << 10 | (unit & 0x3FFu)));
        json->surrogate = 0;
    } else if (unit >= 0xDC00 && unit <= 0xDFFF) {
        return CSAMATCH_ERROR_JSON_SURROGATE;
    } else if (unit >= 0xD800 && unit <= 0xDBFF) {
        json->surrogate = unit;
    } else {
        append_character(json, unit);
    }
    return CSAMATCH_OK;
}

/* One character of an escape. */
static csamatch_status take_escape(csamatch_json *json, uint8_t c)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (json->step == BACKSLASH) {
        if (c == 'u') {
            json->unit = 0;
            json->step = DIGITS;
            return CSAMATCH_OK;
        }
        if (json->surrogate != 0)
            return CSAMATCH_ERROR_JSON_SURROGATE;
        const char *name = c == 0 ? NULL : strchr(names, c);
        if (name == NULL)
            return CSAMATCH_ERROR_JSON_ESCAPE;
        append_character(json, (uint8_t)meant[name - names]);
        json->step = NO_ESCAPE;
        return CSAMATCH_OK;
    }
    int value = csm_hex_value(c);
    if (value < 0)
        return CSAMATCH_ERROR_JSON_ESCAPE;
    json->unit = (uint16_t)(json->unit << 4 | value);
    return ++json->step == DIGITS + 4 ? end_unit(json) : CSAMATCH_OK;
}

/* One byte that is not plain, inside a character or an escape, or the first
 * of one. */
static csamatch_status take_special(csamatch_json *json, uint8_t c)
{
    if (json->utf8_left > 0) {
        if (c < json->utf8_least || c > json->utf8_most)
            return CSAMATCH_ERROR_JSON_UTF8;
        json->utf8_left--;
        json->utf8_least = 0x80;
        json->utf8_most = 0xBF;
        csm_json_append(json, &c, 1);
        return CSAMATCH_OK;
    }
    if (json->step != NO_ESCAPE)
        return take_escape(json, c);
    if (c == '\\') {
        json->step = BACKSLASH;
        return CSAMATCH_OK;
    }
    if (json->surrogate != 0)
        return CSAMATCH_ERROR_JSON_SURROGATE;
    if (c < ' ')
        return CSAMATCH_ERROR_JSON_CONTROL;
    if (!begin_character(json, c))
        return CSAMATCH_ERROR_JSON_UTF8;
    csm_json_append(json, &c, 1);
    return CSAMATCH_OK;
}

csm_json_token csm_json_read_string(csamatch_json *json, const uint8_t **at, const uint8_t *end,
                                  csm_json_text *text)
{
    const uint8_t *p = *at;
    for (;;) {
        if (json->utf8_left == 0 && json->step == NO_ESCAPE && json->surrogate == 0) {
            const uint8_t *start = p;
            p = csm_json_skip_plain(p, end);
            csm_json_append(json, start, (size_t)(p - start));
            if (p < end && *p == '"')
                break;
        }
        if (p == end) {
            *at = p;
            return CSM_JSON_MORE;
        }
        csamatch_status status = take_special(json, *p);
        if (status != CSAMATCH_OK)
            return csm_json_fail(json, at, p, status);
        p++;
    }
    *at = p + 1;
    text->data = json->text;
    text->length = json->length;
    text->is_long = json->is_long;
    return csm_json_finish_string(json);
}
