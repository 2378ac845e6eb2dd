/* Reading VICS JSON: which values are of which record.
 * SPDX-License-Identifier: Apache-2.0 */
#include "vics.h"

static const char *const key_names[] = {
    "*", "value", "Media", "MediaID", "Category", "MD5", "SHA1", "SHA256",
    "AlternativeHashes", "MediaFiles", "HashName", "HashValue",
};

/* Of a constant length, for which compilers compare words. */
#define KEY_IF(text, name, key) \
    (memcmp((text)->data, name, sizeof name - 1) == 0 ? (key) : CSM_KEY_UNKNOWN)

static inline csm_vics_key key_of(const csm_json_text *text)
{
    if (text->is_long)
        return CSM_KEY_UNKNOWN;
    switch (text->length) {
    case 3: return KEY_IF(text, "MD5", CSM_KEY_MD5);
    case 4: return KEY_IF(text, "SHA1", CSM_KEY_SHA1);
    case 5:
        return text->data[0] == 'M' ? KEY_IF(text, "Media", CSM_KEY_MEDIA)
                                    : KEY_IF(text, "value", CSM_KEY_VALUE);
    case 6: return KEY_IF(text, "SHA256", CSM_KEY_SHA256);
    case 7: return KEY_IF(text, "MediaID", CSM_KEY_ID);
    case 8:
        return text->data[0] == 'H' ? KEY_IF(text, "HashName", CSM_KEY_HASH_NAME)
                                    : KEY_IF(text, "Category", CSM_KEY_CATEGORY);
    case 9: return KEY_IF(text, "HashValue", CSM_KEY_HASH_VALUE);
    case 10: return KEY_IF(text, "MediaFiles", CSM_KEY_FILES);
    case 17: return KEY_IF(text, "AlternativeHashes", CSM_KEY_ALTERNATIVES);
    default: return CSM_KEY_UNKNOWN;
    }
}

static inline bool is_container(csm_json_token token)
{
    return token == CSM_JSON_OBJECT || token == CSM_JSON_ARRAY;
}

/* Passes over the container that has just begun, if one has. */
static inline void skip(csamatch_vics *v, csm_json_token token)
{
    if (is_container(token))
        v->skip_depth = v->json.depth - 1;
}

/* An element of an array of Media. */
static void take_media_element(csamatch_vics *v, csm_json_token token)
{
    csm_vics_begin_record(v);
    if (token == CSM_JSON_OBJECT) {
        v->where = CSM_IN_MEDIA;
        return;
    }
    v->is_no_object = true;
    v->is_ready = true;
    skip(v, token);
}

static void take_outside(csamatch_vics *v, csm_json_token token)
{
    if (v->where == CSM_IN_NOTHING) {
        if (token == CSM_JSON_OBJECT)
            v->where = CSM_IN_ROOT;
        else
            skip(v, token);
    } else if (token == CSM_JSON_OBJECT_END) {
        v->where = CSM_IN_NOTHING;
    } else if (token == CSM_JSON_ARRAY && v->key == CSM_KEY_VALUE) {
        v->where = CSM_IN_VALUES;
        v->values = 0;
    } else {
        skip(v, token);
    }
}

/* An element of value, or its end. */
static csamatch_status take_value_element(csamatch_vics *v, csm_json_token token)
{
    if (token == CSM_JSON_ARRAY_END) {
        v->where = CSM_IN_ROOT;
        v->key = CSM_KEY_VALUE;
        return CSAMATCH_OK;
    }
    v->values++;
    if (!v->is_cases) {
        take_media_element(v, token);
    } else if (token == CSM_JSON_OBJECT) {
        v->where = CSM_IN_CASE;
        v->key = CSM_KEY_UNKNOWN;
    } else if (token == CSM_JSON_ARRAY) {
        return CSAMATCH_ERROR_VICS_LAYOUT; /* to pass over it might lose Media */
    } else {
        skip(v, token);
    }
    return CSAMATCH_OK;
}

/* Whether a key is one that Media have, and a Case has not. */
static bool is_of_media(uint8_t key)
{
    return key == CSM_KEY_ID || key == CSM_KEY_MD5 || key == CSM_KEY_SHA1 ||
           key == CSM_KEY_SHA256 || key == CSM_KEY_ALTERNATIVES || key == CSM_KEY_FILES;
}

static csamatch_status take_of_case(csamatch_vics *v, csm_json_token token)
{
    if (v->where == CSM_IN_CASE_MEDIA) {
        if (token == CSM_JSON_ARRAY_END) {
            v->where = CSM_IN_CASE;
            v->key = CSM_KEY_MEDIA;
            return CSAMATCH_OK;
        }
        v->media++;
        take_media_element(v, token);
    } else if (token == CSM_JSON_OBJECT_END) {
        v->where = CSM_IN_VALUES;
    } else if (token == CSM_JSON_ARRAY && v->key == CSM_KEY_MEDIA) {
        v->where = CSM_IN_CASE_MEDIA;
        v->media = 0;
    } else if (is_of_media(v->key) || (v->key == CSM_KEY_MEDIA && token != CSM_JSON_NULL)) {
        return CSAMATCH_ERROR_VICS_LAYOUT; /* to pass over it would lose what it lists */
    } else {
        skip(v, token);
    }
    return CSAMATCH_OK;
}

static inline bool is_wanted(csm_vics_key key)
{
    return key == CSM_KEY_ID || key == CSM_KEY_CATEGORY || key == CSM_KEY_MD5 ||
           key == CSM_KEY_SHA1 || key == CSM_KEY_SHA256 || key == CSM_KEY_HASH_NAME || key == CSM_KEY_HASH_VALUE;
}

/* A value of a Media object, or its end. */
static csamatch_status take_of_media(csamatch_vics *v, csm_json_token token,
                                     const csm_json_text *text)
{
    if (token == CSM_JSON_OBJECT_END) {
        v->where = v->is_cases ? CSM_IN_CASE_MEDIA : CSM_IN_VALUES;
        v->is_ready = true;
        return CSAMATCH_OK;
    }
    switch (v->key) {
    case CSM_KEY_ID: csm_vics_take_id(v, token, text); break;
    case CSM_KEY_CATEGORY: csm_vics_take_text(v, &v->category, token, text); break;
    case CSM_KEY_MD5: csm_vics_take_own(v, 0, token, text); break;
    case CSM_KEY_SHA1: csm_vics_take_own(v, 1, token, text); break;
    case CSM_KEY_SHA256: csm_vics_take_own(v, 2, token, text); break;
    case CSM_KEY_ALTERNATIVES:
    case CSM_KEY_FILES:
        if (token != CSM_JSON_ARRAY)
            break;
        v->where = v->key == CSM_KEY_FILES ? CSM_IN_FILES : CSM_IN_ALTERNATIVES;
        v->inner = 0;
        return CSAMATCH_OK;
    case CSM_KEY_MEDIA:
        if (is_container(token) && !v->is_cases)
            return CSAMATCH_ERROR_VICS_LAYOUT;
        break;
    default: break;
    }
    skip(v, token);
    return CSAMATCH_OK;
}

/* An element of AlternativeHashes or MediaFiles, or their end. */
static void take_inner_element(csamatch_vics *v, csm_json_token token)
{
    bool is_file = v->where == CSM_IN_FILES;
    if (token == CSM_JSON_ARRAY_END) {
        v->where = CSM_IN_MEDIA;
        v->key = CSM_KEY_UNKNOWN;
        return;
    }
    v->inner++;
    if (token != CSM_JSON_OBJECT) {
        skip(v, token);
        return;
    }
    v->where = is_file ? CSM_IN_FILE : CSM_IN_ALTERNATIVE;
    v->algorithm = is_file ? 0 : -1;
    v->has_name = false;
    v->value.type = CSAMATCH_VICS_NONE;
}

static void take_of_inner(csamatch_vics *v, csm_json_token token, const csm_json_text *text)
{
    bool is_file = v->where == CSM_IN_FILE;
    if (token == CSM_JSON_OBJECT_END) {
        csm_vics_end_item(v, is_file);
        v->where = is_file ? CSM_IN_FILES : CSM_IN_ALTERNATIVES;
        return;
    }
    if (is_file ? v->key == CSM_KEY_MD5 : v->key == CSM_KEY_HASH_VALUE)
        csm_vics_take_text(v, &v->value, token, text);
    else if (!is_file && v->key == CSM_KEY_HASH_NAME)
        csm_vics_take_name(v, token, text);
    skip(v, token);
}

static inline csamatch_status take(csamatch_vics *v, csm_json_token token,
                                   const csm_json_text *text)
{
    if (token == CSM_JSON_KEY) {
        v->key = (uint8_t)key_of(text);
        v->json.keep = v->where >= CSM_IN_MEDIA && is_wanted((csm_vics_key)v->key);
        return CSAMATCH_OK;
    }
    switch (v->where) {
    case CSM_IN_NOTHING:
    case CSM_IN_ROOT: take_outside(v, token); break;
    case CSM_IN_VALUES: return take_value_element(v, token);
    case CSM_IN_CASE:
    case CSM_IN_CASE_MEDIA: return take_of_case(v, token);
    case CSM_IN_MEDIA: return take_of_media(v, token, text);
    case CSM_IN_ALTERNATIVES:
    case CSM_IN_FILES: take_inner_element(v, token); break;
    default: take_of_inner(v, token, text); break;
    }
    return CSAMATCH_OK;
}

static csamatch_status read(csamatch_vics *v, const uint8_t **at, const uint8_t *end,
                            csamatch_vics_columns *columns)
{
    csm_json_text text;
    for (;;) {
        if (v->is_ready && !csm_vics_put(v, columns))
            return CSAMATCH_ERROR_SPACE;
        v->is_ready = false;
        csm_json_token token = csm_json_next(&v->json, at, end, &text);
        if (token <= CSM_JSON_ERROR)
            return v->json.error;
        if (v->skip_depth != CSM_VICS_NO_SKIP) {
            if (v->json.depth == v->skip_depth)
                v->skip_depth = CSM_VICS_NO_SKIP;
            continue;
        }
        csamatch_status status = take(v, token, &text);
        if (status != CSAMATCH_OK) {
            csm_json_fail(&v->json, at, *at, status);
            return status;
        }
    }
}

size_t csamatch_vics_size(void)
{
    return sizeof(csamatch_vics);
}

csamatch_status csamatch_vics_init(csamatch_vics *reader, int cases)
{
    if (reader == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    csm_json_init(&reader->json);
    reader->is_cases = cases != 0;
    reader->is_ready = false;
    reader->where = CSM_IN_NOTHING;
    reader->key = CSM_KEY_UNKNOWN;
    reader->skip_depth = CSM_VICS_NO_SKIP;
    reader->values = reader->media = reader->inner = 0;
    csm_vics_begin_record(reader);
    return CSAMATCH_OK;
}

static bool has_all(const csamatch_vics_columns *c)
{
    bool all = c->codes != NULL && c->id_ends != NULL && c->id_text != NULL &&
               c->spelling_types != NULL && c->spelling_ends != NULL && c->spelling_text != NULL &&
               c->values != NULL && c->text != NULL;
    for (size_t i = 0; i < 3; i++)
        all = all && c->digest_rows[i] != NULL && c->digests[i] != NULL;
    return all;
}

static bool fits(const csamatch_vics_columns *c)
{
    return c != NULL && c->size == sizeof(csamatch_vics_columns) && has_all(c) && c->row_room >= 1 &&
           c->row_room <= UINT32_MAX && c->id_room >= CSAMATCH_VICS_TEXT &&
           c->digest_room >= CSAMATCH_VICS_LEAST_DIGESTS &&
           c->value_room >= CSAMATCH_VICS_LEAST_VALUES &&
           c->text_room >= CSAMATCH_VICS_LEAST_TEXT && c->text_room <= UINT32_MAX &&
           c->row_count <= c->row_room && c->id_length <= c->id_room &&
           c->digest_count[0] <= c->digest_room && c->digest_count[1] <= c->digest_room &&
           c->digest_count[2] <= c->digest_room && c->value_count <= c->value_room &&
           c->text_length <= c->text_room && c->spelling_count <= CSAMATCH_VICS_CATEGORIES;
}

csamatch_status csamatch_vics_feed(csamatch_vics *reader, const char *data, size_t length,
                                   csamatch_vics_columns *columns, size_t *used)
{
    static const uint8_t nothing;
    if (reader == NULL || (length > 0 && data == NULL) || used == NULL || !fits(columns))
        return CSAMATCH_ERROR_ARGUMENT;
    *used = 0;
    if (reader->json.error != CSAMATCH_OK)
        return reader->json.error;
    const uint8_t *start = length > 0 ? (const uint8_t *)data : &nothing, *at = start;
    csm_json_begin(&reader->json, start);
    csamatch_status status = read(reader, &at, start + length, columns);
    csm_json_end(&reader->json, at);
    *used = (size_t)(at - start);
    return status;
}

csamatch_status csamatch_vics_finish(csamatch_vics *reader)
{
    return reader == NULL ? CSAMATCH_ERROR_ARGUMENT : csamatch_json_finish(&reader->json);
}

void csamatch_vics_place(const csamatch_vics *reader, uint64_t *line, uint64_t *column)
{
    if (reader != NULL)
        csamatch_json_place(&reader->json, line, column);
}

/* ---------------------------------------------------------------- path --- */

static size_t put_text(char *out, size_t at, const char *text)
{
    size_t length = strlen(text);
    memcpy(out + at, text, length);
    return at + length;
}

/* The place of the element that began last, of `count` of them. */
static size_t put_index(char *out, size_t at, uint64_t count)
{
    char digits[20];
    size_t n = 0;
    uint64_t index = count > 0 ? count - 1 : 0;
    do {
        digits[n++] = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    out[at++] = '[';
    while (n > 0)
        out[at++] = digits[--n];
    out[at++] = ']';
    return at;
}

size_t csamatch_vics_path(const csamatch_vics *reader, char *out, size_t capacity)
{
    size_t at = 0;
    if (reader == NULL || out == NULL || capacity < 160)
        return 0;
    unsigned where = reader->where;
    if (where >= CSM_IN_VALUES)
        at = put_index(out, put_text(out, at, "value"), reader->values);
    if (where >= CSM_IN_CASE_MEDIA && reader->is_cases)
        at = put_index(out, put_text(out, at, ".Media"), reader->media);
    if (where == CSM_IN_ALTERNATIVES || where == CSM_IN_ALTERNATIVE)
        at = put_index(out, put_text(out, at, ".AlternativeHashes"), reader->inner);
    if (where == CSM_IN_FILES || where == CSM_IN_FILE)
        at = put_index(out, put_text(out, at, ".MediaFiles"), reader->inner);
    if (where == CSM_IN_ROOT || where == CSM_IN_CASE || where == CSM_IN_MEDIA ||
        where == CSM_IN_ALTERNATIVE || where == CSM_IN_FILE) {
        if (at > 0)
            out[at++] = '.';
        at = put_text(out, at, key_names[reader->key]);
    }
    out[at] = '\0';
    return at;
}
