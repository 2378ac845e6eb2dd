/* Reading VICS JSON: one record, from its values to the columns.
 * SPDX-License-Identifier: Apache-2.0 */
#include "vics.h"

static const size_t widths[3] = {16, 20, 32};

/* The algorithm of a field: 0 to 2. */
static inline size_t algorithm_of(uint8_t field)
{
    return field == CSAMATCH_VICS_SHA256      ? 2
           : field == CSAMATCH_VICS_FILE_MD5  ? 0
           : field >= CSAMATCH_VICS_OTHER_MD5 ? (size_t)(field - CSAMATCH_VICS_OTHER_MD5)
                                              : (size_t)(field - CSAMATCH_VICS_MD5);
}

void csm_vics_begin_record(csamatch_vics *v)
{
    v->key = CSM_KEY_UNKNOWN;
    v->is_no_object = v->has_too_many = v->says_twice = false;
    v->id.type = v->category.type = CSAMATCH_VICS_NONE;
    v->id.is_plain = true;
    v->own[0].type = v->own[1].type = v->own[2].type = CSAMATCH_VICS_NONE;
    v->item_count = v->text_length = 0;
}

static inline uint8_t type_of(csm_json_token token, const csm_json_text *text)
{
    if (token == CSM_JSON_STRING || token == CSM_JSON_NUMBER) {
        if (text->is_long)
            return CSAMATCH_VICS_LONG;
        return token == CSM_JSON_STRING ? CSAMATCH_VICS_STRING : CSAMATCH_VICS_NUMBER;
    }
    return token == CSM_JSON_NULL ? CSAMATCH_VICS_NONE : CSAMATCH_VICS_OTHER;
}

static inline bool has_text(uint8_t type)
{
    return type == CSAMATCH_VICS_STRING || type == CSAMATCH_VICS_NUMBER;
}

void csm_vics_take_text(csamatch_vics *v, csm_vics_text *value, csm_json_token token,
                        const csm_json_text *text)
{
    uint8_t type = type_of(token, text);
    size_t length = has_text(type) ? text->length : 0;
    if (type == CSAMATCH_VICS_NONE)
        return; /* which says nothing, and takes nothing back */
    if (value->type != CSAMATCH_VICS_NONE &&
        (value->type != type || value->length != length ||
         (length > 0 && memcmp(value->text, text->data, length) != 0)))
        v->says_twice = true;
    value->type = type;
    value->length = length;
    if (value->length > 0)
        memcpy(value->text, text->data, value->length);
}

/* Whether an id can be spelt in no other way: a text, or an integer. */
static bool is_plain_id(const csm_vics_text *id)
{
    if (id->type != CSAMATCH_VICS_NUMBER)
        return id->type <= CSAMATCH_VICS_STRING;
    for (size_t i = 0; i < id->length; i++)
        if (id->text[i] < '0' || id->text[i] > '9')
            return false;
    return true;
}

void csm_vics_take_id(csamatch_vics *v, csm_json_token token, const csm_json_text *text)
{
    csm_vics_take_text(v, &v->id, token, text);
    v->id.is_plain = is_plain_id(&v->id);
}

static inline bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
}

/* Keeps the text of what is no digest, for the caller to judge. */
static void keep_text(csamatch_vics *v, csm_vics_item *item, const uint8_t *text, size_t length)
{
    if (length > CSM_VICS_RECORD_TEXT - v->text_length) {
        v->has_too_many = true;
        length = 0;
    }
    item->offset = (uint32_t)v->text_length;
    item->length = (uint32_t)length;
    if (length > 0)
        memcpy(v->text + v->text_length, text, length);
    v->text_length += length;
}

static void take_digest(csamatch_vics *v, csm_vics_item *item, uint8_t field, uint8_t type,
                        const uint8_t *text, size_t length)
{
    size_t width = widths[algorithm_of(field)], start = 0, end = length;
    item->field = field;
    item->type = type;
    item->offset = item->length = 0;
    if (type != CSAMATCH_VICS_STRING) {
        if (type == CSAMATCH_VICS_NUMBER)
            item->type = CSAMATCH_VICS_OTHER;
        return;
    }
    if (length == 0) {
        item->type = CSAMATCH_VICS_NONE;
        return;
    }
    while (start < end && is_blank(text[start]))
        start++;
    while (end > start && is_blank(text[end - 1]))
        end--;
    if (end - start == 2 * width &&
        csamatch_hex_decode((const char *)text + start, 2 * width, item->digest, NULL) ==
            CSAMATCH_OK)
        item->type = CSAMATCH_VICS_DIGEST;
    else
        keep_text(v, item, text, length);
}

/* Whether two items of one field say the same. */
static bool are_same(const csamatch_vics *v, const csm_vics_item *one, const csm_vics_item *two)
{
    if (one->type != two->type)
        return false;
    if (one->type == CSAMATCH_VICS_DIGEST)
        return memcmp(one->digest, two->digest, widths[algorithm_of(one->field)]) == 0;
    return one->length == two->length &&
           memcmp(v->text + one->offset, v->text + two->offset, one->length) == 0;
}

void csm_vics_take_own(csamatch_vics *v, int algorithm, csm_json_token token,
                       const csm_json_text *text)
{
    static const uint8_t fields[] = {CSAMATCH_VICS_MD5, CSAMATCH_VICS_SHA1, CSAMATCH_VICS_SHA256};
    uint8_t type = type_of(token, text);
    bool has = has_text(type);
    csm_vics_item said, *own = &v->own[algorithm];
    take_digest(v, &said, fields[algorithm], type, has ? text->data : NULL,
                has ? text->length : 0);
    if (said.type == CSAMATCH_VICS_NONE)
        return;
    if (own->type != CSAMATCH_VICS_NONE && !are_same(v, own, &said))
        v->says_twice = true;
    *own = said;
}

/* The algorithm that a name means, or -1. Names are compared by their letters
 * and digits alone: "SHA-256", "sha 256". */
static int algorithm_called(const csm_json_text *text)
{
    static const struct {
        const char *name;
        int algorithm;
    } known[] = {{"MD5", 0}, {"SHA1", 1}, {"SHA256", 2}, {"SHA2256", 2}};
    char upper[8] = {0};
    size_t length = 0;
    for (size_t i = 0; i < text->length; i++) {
        uint8_t c = text->data[i];
        if (c == '-' || c == '_' || c == ' ')
            continue;
        if (c == 0 || length + 1 == sizeof upper)
            return -1;
        upper[length++] = (char)(c >= 'a' && c <= 'z' ? c - 0x20 : c);
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(upper, known[i].name) == 0)
            return known[i].algorithm;
    return -1;
}

void csm_vics_take_name(csamatch_vics *v, csm_json_token token, const csm_json_text *text)
{
    if (token == CSM_JSON_NULL)
        return;
    int algorithm = token == CSM_JSON_STRING && !text->is_long ? algorithm_called(text) : -1;
    if (v->has_name && algorithm != v->algorithm)
        v->says_twice = true;
    v->has_name = true;
    v->algorithm = algorithm;
}

void csm_vics_end_item(csamatch_vics *v, bool is_file)
{
    if (v->algorithm < 0 || v->value.type == CSAMATCH_VICS_NONE)
        return;
    if (v->item_count == CSAMATCH_VICS_DIGESTS) {
        v->has_too_many = true;
        return;
    }
    csm_vics_item *item = &v->items[v->item_count];
    uint8_t field = is_file ? CSAMATCH_VICS_FILE_MD5
                            : (uint8_t)(CSAMATCH_VICS_OTHER_MD5 + v->algorithm);
    take_digest(v, item, field, v->value.type, v->value.text, v->value.length);
    if (item->type == CSAMATCH_VICS_NONE)
        return;
    if (item->type == CSAMATCH_VICS_DIGEST) {
        size_t width = widths[v->algorithm];
        for (const csm_vics_item *other = item; other-- > v->items;)
            if (other->field == field && other->type == CSAMATCH_VICS_DIGEST &&
                memcmp(other->digest, item->digest, width) == 0)
                return; /* once is enough */
    }
    v->item_count++;
}

/* ------------------------------------------------------------- columns --- */

static bool has_room(const csamatch_vics *v, const csamatch_vics_columns *c)
{
    size_t digests = v->item_count + 3;
    size_t text = v->text_length + 32 * digests + 2 * CSAMATCH_VICS_TEXT;
    return c->row_count < c->row_room && c->id_room - c->id_length >= CSAMATCH_VICS_TEXT &&
           c->digest_room - c->digest_count[0] >= digests &&
           c->digest_room - c->digest_count[1] >= digests &&
           c->digest_room - c->digest_count[2] >= digests &&
           c->spelling_count < CSAMATCH_VICS_CATEGORIES &&
           c->value_room - c->value_count >= digests + 3 && c->text_room - c->text_length >= text;
}

static bool is_settled(const csm_vics_item *item)
{
    return item->type == CSAMATCH_VICS_NONE || item->type == CSAMATCH_VICS_DIGEST;
}

/* Whether nothing of the record is left for the caller to judge. */
static bool is_plain(const csamatch_vics *v)
{
    bool plain = !v->is_no_object && !v->has_too_many && !v->says_twice && v->id.is_plain &&
                 v->category.type <= CSAMATCH_VICS_NUMBER && is_settled(&v->own[0]) &&
                 is_settled(&v->own[1]) && is_settled(&v->own[2]);
    for (size_t i = 0; i < v->item_count && plain; i++)
        plain = is_settled(&v->items[i]);
    return plain;
}

/* 1 + the place of the category among the spellings, or 0 for none. */
static uint32_t spelling_of(const csm_vics_text *category, csamatch_vics_columns *c)
{
    if (category->type == CSAMATCH_VICS_NONE)
        return 0;
    uint32_t start = 0;
    size_t i;
    for (i = 0; i < c->spelling_count; start = c->spelling_ends[i], i++)
        if (c->spelling_types[i] == category->type &&
            c->spelling_ends[i] - start == category->length &&
            memcmp(c->spelling_text + start, category->text, category->length) == 0)
            return (uint32_t)i + 1;
    memcpy(c->spelling_text + start, category->text, category->length);
    c->spelling_types[i] = category->type;
    c->spelling_ends[i] = start + (uint32_t)category->length;
    c->spelling_count++;
    return (uint32_t)i + 1;
}

static inline void put_digest(const csm_vics_item *item, csamatch_vics_columns *c)
{
    size_t algorithm = algorithm_of(item->field), width = widths[algorithm];
    size_t n = c->digest_count[algorithm]++;
    c->digest_rows[algorithm][n] = (uint32_t)c->row_count;
    memcpy(c->digests[algorithm] + n * width, item->digest, width);
}

/* Whether the columns have a digest of the record already, behind the first
 * `from` of its algorithm. */
static bool has_digest(const csm_vics_item *item, const csamatch_vics_columns *c, size_t from)
{
    size_t algorithm = algorithm_of(item->field), width = widths[algorithm];
    for (size_t i = from; i < c->digest_count[algorithm]; i++)
        if (memcmp(c->digests[algorithm] + i * width, item->digest, width) == 0)
            return true;
    return false;
}

/* The record's own digests, those of AlternativeHashes, and those of
 * MediaFiles, which mostly repeat its MD5: each of them once. */
static void put_digests(const csamatch_vics *v, csamatch_vics_columns *c)
{
    size_t from[3];
    for (int i = 0; i < 3; i++) {
        from[i] = c->digest_count[i];
        if (v->own[i].type == CSAMATCH_VICS_DIGEST)
            put_digest(&v->own[i], c);
    }
    for (size_t i = 0; i < v->item_count; i++)
        if (!has_digest(&v->items[i], c, from[algorithm_of(v->items[i].field)]))
            put_digest(&v->items[i], c);
}

static void put_value(csamatch_vics_columns *c, uint8_t field, uint8_t type, const uint8_t *data,
                      size_t length)
{
    csamatch_vics_value *value = &c->values[c->value_count++];
    value->row = (uint32_t)c->row_count;
    value->field = field;
    value->type = type;
    value->offset = (uint32_t)c->text_length;
    value->length = (uint32_t)length;
    if (length > 0)
        memcpy(c->text + c->text_length, data, length);
    c->text_length += length;
}

static void put_item(const csamatch_vics *v, const csm_vics_item *item, csamatch_vics_columns *c)
{
    if (item->type == CSAMATCH_VICS_DIGEST)
        put_value(c, item->field, item->type, item->digest, widths[algorithm_of(item->field)]);
    else if (item->type != CSAMATCH_VICS_NONE)
        put_value(c, item->field, item->type, v->text + item->offset, item->length);
}

static void put_values(const csamatch_vics *v, csamatch_vics_columns *c)
{
    if (v->is_no_object || v->has_too_many || v->says_twice) {
        uint8_t type = v->is_no_object   ? CSAMATCH_VICS_OTHER
                       : v->has_too_many ? CSAMATCH_VICS_LONG
                                         : CSAMATCH_VICS_TWICE;
        put_value(c, CSAMATCH_VICS_RECORD, type, NULL, 0);
        return;
    }
    if (v->id.type != CSAMATCH_VICS_NONE)
        put_value(c, CSAMATCH_VICS_ID, v->id.type, v->id.text, v->id.length);
    if (v->category.type != CSAMATCH_VICS_NONE)
        put_value(c, CSAMATCH_VICS_CATEGORY, v->category.type, v->category.text,
                  v->category.length);
    for (int i = 0; i < 3; i++)
        put_item(v, &v->own[i], c);
    for (size_t i = 0; i < v->item_count; i++)
        if (v->items[i].field != CSAMATCH_VICS_FILE_MD5)
            put_item(v, &v->items[i], c);
    for (size_t i = 0; i < v->item_count; i++)
        if (v->items[i].field == CSAMATCH_VICS_FILE_MD5)
            put_item(v, &v->items[i], c);
}

bool csm_vics_put(csamatch_vics *v, csamatch_vics_columns *c)
{
    if (!has_room(v, c))
        return false;
    size_t row = c->row_count;
    c->codes[row] = 0;
    if (is_plain(v)) {
        c->codes[row] = spelling_of(&v->category, c);
        if (v->id.type != CSAMATCH_VICS_NONE && v->id.length > 0) {
            memcpy(c->id_text + c->id_length, v->id.text, v->id.length);
            c->id_length += v->id.length;
        }
        put_digests(v, c);
    } else {
        put_values(v, c);
    }
    c->id_ends[row] = c->id_length;
    c->row_count++;
    return true;
}
