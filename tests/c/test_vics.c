/* Reading VICS into columns: in exact memory, cut at every byte, through small rooms.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "csamatch.h"

#define MD5 "000102030405060708090a0b0c0d0e0f"
#define SHA1 "000102030405060708090A0B0C0D0E0F10111213"
#define ROOM 64

/* Columns in memory of their own, the others all of the least size. */
typedef struct table {
    csamatch_vics_columns c;
    csamatch_vics *reader;
} table;

static table make(int cases, size_t rows, size_t id_room)
{
    table t = {.reader = malloc(csamatch_vics_size())};
    csamatch_vics_columns *c = &t.c;
    c->size = sizeof *c;
    c->row_room = rows;
    c->id_room = id_room;
    c->digest_room = CSAMATCH_VICS_LEAST_DIGESTS;
    c->value_room = CSAMATCH_VICS_LEAST_VALUES;
    c->text_room = CSAMATCH_VICS_LEAST_TEXT;
    c->codes = malloc(rows * sizeof *c->codes);
    c->id_ends = malloc(rows * sizeof *c->id_ends);
    c->id_text = malloc(c->id_room);
    for (size_t i = 0; i < 3; i++) {
        c->digest_rows[i] = malloc(c->digest_room * 4);
        c->digests[i] = malloc(c->digest_room * (i == 0 ? 16 : i == 1 ? 20 : 32));
    }
    c->spelling_types = malloc(CSAMATCH_VICS_CATEGORIES);
    c->spelling_ends = malloc(CSAMATCH_VICS_CATEGORIES * 4);
    c->spelling_text = malloc((size_t)CSAMATCH_VICS_CATEGORIES * CSAMATCH_VICS_TEXT);
    c->values = malloc(c->value_room * sizeof *c->values);
    c->text = malloc(c->text_room);
    CHECK(csamatch_vics_init(t.reader, cases) == CSAMATCH_OK);
    return t;
}

static void drop(table *t)
{
    free(t->c.codes);
    free(t->c.id_ends);
    free(t->c.id_text);
    for (size_t i = 0; i < 3; i++) {
        free(t->c.digest_rows[i]);
        free(t->c.digests[i]);
    }
    free(t->c.spelling_types);
    free(t->c.spelling_ends);
    free(t->c.spelling_text);
    free(t->c.values);
    free(t->c.text);
    free(t->reader);
}

static void empty(csamatch_vics_columns *c)
{
    c->row_count = c->id_length = c->spelling_count = c->value_count = c->text_length = 0;
    c->digest_count[0] = c->digest_count[1] = c->digest_count[2] = 0;
}

/* Feeds a text; returns how many records were taken out on the way, because
 * of too little room. */
static size_t feed(table *t, const char *text, size_t length, csamatch_status *status)
{
    size_t taken = 0, at = 0, used = 0;
    char *copy = exact_copy(text, length);
    while ((*status = csamatch_vics_feed(t->reader, copy + at, length - at, &t->c, &used)) ==
           CSAMATCH_ERROR_SPACE) {
        CHECK(t->c.row_count > 0);
        taken += t->c.row_count;
        at += used;
        empty(&t->c);
    }
    free(copy);
    return taken;
}

static const char two[] =
    "{\"x\":[{\"value\":[{}]}],\"value\":[\n"
    " {\"MediaID\":7,\"Category\":\"1\",\"MD5\":\"" MD5 "\",\"SHA1\":\"" SHA1 "\","
    "\"MediaFiles\":[{\"MD5\":\"" MD5 "\"},{\"MD5\":\"ffffffffffffffffffffffffffffffff\"}],"
    "\"SHA256\":\"" MD5 MD5 "\",\"MD5\":\"" MD5 "\",\"Deep\":{\"MD5\":[1]}},\n"
    " {\"AlternativeHashes\":[{\"HashValue\":\" " MD5 SHA1 "\",\"HashName\":\"none\"},"
    "{\"HashValue\":\" " MD5 " \",\"HashName\":\"md5\"},{\"HashName\":\"SHA-256\","
    "\"HashValue\":\"" MD5 MD5 "\"}],\"MediaID\":\"x\\u0079-b\",\"Category\":null}]}";

static void reads(void)
{
    const size_t length = sizeof two - 1;
    for (size_t cut = 0; cut <= length; cut++) {
        table t = make(0, ROOM, 2 * CSAMATCH_VICS_TEXT);
        csamatch_vics_columns *c = &t.c;
        csamatch_status status;
        feed(&t, two, cut, &status);
        CHECK(status == CSAMATCH_OK);
        feed(&t, two + cut, length - cut, &status);
        CHECK(status == CSAMATCH_OK && csamatch_vics_finish(t.reader) == CSAMATCH_OK);
        CHECK(c->row_count == 2 && c->value_count == 0);
        CHECK(c->digest_count[0] == 3 && c->digest_rows[0][0] == 0 && c->digest_rows[0][1] == 0);
        CHECK(c->digest_rows[0][2] == 1 && c->digests[0][15] == 15 && c->digests[0][31] == 255);
        CHECK(memcmp(c->digests[0], c->digests[0] + 32, 16) == 0);
        CHECK(c->digest_count[1] == 1 && c->digests[1][19] == 0x13);
        CHECK(c->digest_count[2] == 2 && c->digest_rows[2][0] == 0 && c->digest_rows[2][1] == 1);
        CHECK(c->digests[2][31] == 15 && memcmp(c->digests[2], c->digests[2] + 32, 32) == 0);
        CHECK(c->codes[0] == 1 && c->codes[1] == 0 && c->spelling_count == 1);
        CHECK(c->spelling_types[0] == CSAMATCH_VICS_STRING && c->spelling_text[0] == '1');
        CHECK(c->id_ends[0] == 1 && c->id_ends[1] == 5 && c->id_length == 5);
        CHECK(memcmp(c->id_text, "7xy-b", 5) == 0);
        drop(&t);
    }
}

/* What is not plain is left to the caller, whole. */
static void leaves_values(void)
{
    static const char text[] =
        "{\"value\":[{\"MediaID\":-1,\"Category\":2,\"MD5\":\"zz\",\"SHA1\":\"" SHA1 "\","
        "\"MediaFiles\":[{\"MD5\":5}]},[{}],{\"MD5\":null,\"Category\":2},"
        "{\"MD5\":\"" MD5 "\",\"MD5\":\"zz\"}]}";
    static const struct {
        uint32_t row;
        uint16_t field, type;
        uint32_t length;
    } expected[] = {
        {0, CSAMATCH_VICS_ID, CSAMATCH_VICS_NUMBER, 2},
        {0, CSAMATCH_VICS_CATEGORY, CSAMATCH_VICS_NUMBER, 1},
        {0, CSAMATCH_VICS_MD5, CSAMATCH_VICS_STRING, 2},
        {0, CSAMATCH_VICS_SHA1, CSAMATCH_VICS_DIGEST, 20},
        {0, CSAMATCH_VICS_FILE_MD5, CSAMATCH_VICS_OTHER, 0},
        {1, CSAMATCH_VICS_RECORD, CSAMATCH_VICS_OTHER, 0},
        {3, CSAMATCH_VICS_RECORD, CSAMATCH_VICS_TWICE, 0},
    };
    table t = make(0, ROOM, 2 * CSAMATCH_VICS_TEXT);
    csamatch_status status;
    feed(&t, text, sizeof text - 1, &status);
    CHECK(status == CSAMATCH_OK && t.c.row_count == 4 && t.c.digest_count[1] == 0);
    CHECK(t.c.value_count == sizeof expected / sizeof *expected);
    for (size_t i = 0; i < t.c.value_count; i++) {
        const csamatch_vics_value *v = &t.c.values[i];
        CHECK(v->row == expected[i].row && v->field == expected[i].field);
        CHECK(v->type == expected[i].type && v->length == expected[i].length);
    }
    CHECK(memcmp(t.c.text, "-12zz", 5) == 0 && t.c.text[5 + 19] == 0x13);
    CHECK(t.c.codes[2] == 1);
    drop(&t);
}

/* More records, categories and digests than there is room for. */
static void is_emptied(void)
{
    table t = make(1, 3, CSAMATCH_VICS_TEXT);
    csamatch_status status;
    size_t records = 0;
    feed(&t, "{\"value\":[{\"Media\":[", 20, &status);
    for (int i = 0; i < 1000; i++) {
        char text[64];
        int n = snprintf(text, sizeof text, "%s{\"Category\":%d,\"MD5\":\"%032d\"}",
                         i > 0 ? "," : "", i, i);
        records += feed(&t, text, (size_t)n, &status);
        CHECK(status == CSAMATCH_OK);
    }
    static const char file[] = "{\"MD5\":\"%032d\"},";
    records += feed(&t, ",{\"MediaFiles\":[", 16, &status);
    for (int i = 0; i < 2 * CSAMATCH_VICS_DIGESTS; i++) {
        char text[64];
        int n = snprintf(text, sizeof text, file, i);
        records += feed(&t, text, (size_t)n, &status);
    }
    records += feed(&t, "{}]}]}]}", 8, &status);
    CHECK(status == CSAMATCH_OK && csamatch_vics_finish(t.reader) == CSAMATCH_OK);
    CHECK(records + t.c.row_count == 1001);
    const csamatch_vics_value *last = &t.c.values[t.c.value_count - 1];
    CHECK(t.c.value_count == 1 && last->field == CSAMATCH_VICS_RECORD);
    CHECK(last->type == CSAMATCH_VICS_LONG);
    drop(&t);
}

static void says_where(void)
{
    static const struct {
        const char *text, *path;
        int cases;
        csamatch_status status;
        uint64_t line, column;
    } wrong[] = {
        {"x", "", 0, CSAMATCH_ERROR_JSON_SYNTAX, 1, 1},
        {"{\"value\":x", "value", 0, CSAMATCH_ERROR_JSON_SYNTAX, 1, 10},
        {"{\"value\":[{},\n {\"MD5\":x", "value[1].MD5", 0, CSAMATCH_ERROR_JSON_SYNTAX, 2, 9},
        {"{\"value\":[{\"Media\":[{\"MediaFiles\":[{},{\"Secret\":[x", "value[0].Media[0].MediaFiles[1].*",
         1, CSAMATCH_ERROR_JSON_SYNTAX, 1, 50},
        {"{\"value\":[{\"Media\":[", "value[0].Media", 0, CSAMATCH_ERROR_VICS_LAYOUT, 1, 21},
        {"{\"value\":[{\"Media\":{", "value[0].Media", 0, CSAMATCH_ERROR_VICS_LAYOUT, 1, 21},
        {"{\"value\":[{\"Media\":{", "value[0].Media", 1, CSAMATCH_ERROR_VICS_LAYOUT, 1, 21},
        {"{\"value\":[{\"Media\":null},{\"MD5\":\"a\"", "value[1].MD5", 1,
         CSAMATCH_ERROR_VICS_LAYOUT, 1, 36},
        {"{\"value\":[null,[", "value[1]", 1, CSAMATCH_ERROR_VICS_LAYOUT, 1, 17},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        table t = make(wrong[i].cases, 1, CSAMATCH_VICS_TEXT);
        csamatch_status status;
        uint64_t line, column;
        char path[160];
        feed(&t, wrong[i].text, strlen(wrong[i].text), &status);
        CHECK(status == wrong[i].status && csamatch_vics_finish(t.reader) == status);
        csamatch_vics_place(t.reader, &line, &column);
        CHECK(line == wrong[i].line && column == wrong[i].column);
        CHECK(csamatch_vics_path(t.reader, path, sizeof path) == strlen(wrong[i].path));
        CHECK(strcmp(path, wrong[i].path) == 0);
        CHECK(csamatch_vics_path(t.reader, path, 159) == 0);
        drop(&t);
    }
}

static void arguments(void)
{
    table t = make(0, 1, CSAMATCH_VICS_TEXT);
    size_t used;
    CHECK(csamatch_vics_init(NULL, 0) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_vics_feed(NULL, "", 0, &t.c, &used) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_vics_feed(t.reader, NULL, 1, &t.c, &used) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_vics_feed(t.reader, "", 0, NULL, &used) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_vics_feed(t.reader, NULL, 0, &t.c, &used) == CSAMATCH_OK);
    uint8_t *digests = t.c.digests[2];
    t.c.digests[2] = NULL;
    CHECK(csamatch_vics_feed(t.reader, "", 0, &t.c, &used) == CSAMATCH_ERROR_ARGUMENT);
    t.c.digests[2] = digests;
    t.c.text_room--;
    CHECK(csamatch_vics_feed(t.reader, "", 0, &t.c, &used) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_vics_finish(NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_vics_finish(t.reader) == CSAMATCH_ERROR_JSON_END);
    CHECK(csamatch_vics_path(NULL, NULL, 0) == 0);
    csamatch_vics_place(NULL, NULL, NULL);
    drop(&t);
}

int main(void)
{
    reads();
    leaves_values();
    is_emptied();
    says_where();
    arguments();
    return failures != 0;
}
