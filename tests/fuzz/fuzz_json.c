/* JSON and VICS, read whole and in two pieces: neither verdicts nor columns may differ.
 * The first two bytes say where to cut, the third whether to read Cases.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csamatch.h"

#define ROWS 16384

/* Everything that reading one text gives. */
typedef struct result {
    csamatch_status checked, status;
    uint64_t line, column, vics_line, vics_column;
    char path[160];
    csamatch_vics_columns c;
} result;

static void *room(size_t size)
{
    void *memory = calloc(size, 1);
    if (memory == NULL)
        abort();
    return memory;
}

static void make_columns(csamatch_vics_columns *c)
{
    c->size = sizeof *c;
    c->row_room = ROWS;
    c->id_room = 1 << 20;
    c->digest_room = ROWS + CSAMATCH_VICS_LEAST_DIGESTS;
    c->value_room = ROWS + CSAMATCH_VICS_LEAST_VALUES;
    c->text_room = 1 << 20;
    c->codes = room(ROWS * sizeof *c->codes);
    c->id_ends = room(ROWS * sizeof *c->id_ends);
    c->id_text = room(c->id_room);
    for (size_t i = 0; i < 3; i++) {
        c->digest_rows[i] = room(c->digest_room * sizeof **c->digest_rows);
        c->digests[i] = room(c->digest_room * 32);
    }
    c->spelling_types = room(CSAMATCH_VICS_CATEGORIES);
    c->spelling_ends = room(CSAMATCH_VICS_CATEGORIES * sizeof *c->spelling_ends);
    c->spelling_text = room((size_t)CSAMATCH_VICS_CATEGORIES * CSAMATCH_VICS_TEXT);
    c->values = room(c->value_room * sizeof *c->values);
    c->text = room(c->text_room);
}

/* Reads a piece, which lies in memory of just its size. */
static csamatch_status feed(csamatch_json *json, csamatch_vics *reader, result *r,
                            const uint8_t *data, size_t length)
{
    size_t used = 0;
    char *copy = room(length > 0 ? length : 1);
    if (length > 0)
        memcpy(copy, data, length);
    csamatch_json_feed(json, copy, length);
    csamatch_status status = csamatch_vics_feed(reader, copy, length, &r->c, &used);
    if (used > length || (status == CSAMATCH_OK && used != length))
        __builtin_trap();
    free(copy);
    return status;
}

static void read_text(result *r, const uint8_t *data, size_t length, size_t cut, int cases)
{
    csamatch_json *json = room(csamatch_json_size());
    csamatch_vics *reader = room(csamatch_vics_size());
    csamatch_json_init(json);
    csamatch_vics_init(reader, cases);
    r->status = feed(json, reader, r, data, cut);
    if (r->status == CSAMATCH_OK)
        r->status = feed(json, reader, r, data + cut, length - cut);
    else
        csamatch_json_feed(json, (const char *)data + cut, length - cut);
    r->checked = csamatch_json_finish(json);
    csamatch_json_place(json, &r->line, &r->column);
    if (r->status == CSAMATCH_OK)
        r->status = csamatch_vics_finish(reader);
    csamatch_vics_place(reader, &r->vics_line, &r->vics_column);
    csamatch_vics_path(reader, r->path, sizeof r->path);
    free(json);
    free(reader);
}

static void expect(int condition)
{
    if (!condition)
        __builtin_trap();
}

static void compare(const result *a, const result *b)
{
    const csamatch_vics_columns *x = &a->c, *y = &b->c;
    static const size_t widths[3] = {16, 20, 32};
    expect(a->checked == b->checked && a->line == b->line && a->column == b->column);
    /* VICS may find fault with what is JSON, but with nothing else later. */
    expect(a->status == a->checked || a->status == CSAMATCH_ERROR_VICS_LAYOUT ||
           a->status == CSAMATCH_ERROR_SPACE);
    expect(a->status == b->status);
    if (a->status == CSAMATCH_ERROR_SPACE)
        return;
    expect(a->vics_line == b->vics_line && a->vics_column == b->vics_column);
    expect(strcmp(a->path, b->path) == 0 && x->row_count == y->row_count);
    expect(x->id_length == y->id_length && x->value_count == y->value_count);
    expect(x->text_length == y->text_length && x->spelling_count == y->spelling_count);
    expect(memcmp(x->codes, y->codes, x->row_count * sizeof *x->codes) == 0);
    expect(memcmp(x->id_ends, y->id_ends, x->row_count * sizeof *x->id_ends) == 0);
    expect(memcmp(x->id_text, y->id_text, x->id_length) == 0);
    expect(memcmp(x->values, y->values, x->value_count * sizeof *x->values) == 0);
    expect(memcmp(x->text, y->text, x->text_length) == 0);
    for (size_t i = 0; i < 3; i++) {
        size_t n = x->digest_count[i];
        expect(n == y->digest_count[i]);
        expect(memcmp(x->digest_rows[i], y->digest_rows[i], n * 4) == 0);
        expect(memcmp(x->digests[i], y->digests[i], n * widths[i]) == 0);
    }
}

static void empty(csamatch_vics_columns *c)
{
    c->row_count = c->id_length = c->spelling_count = c->value_count = c->text_length = 0;
    c->digest_count[0] = c->digest_count[1] = c->digest_count[2] = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static result whole, pieces; /* made once: they are large */
    if (size < 3)
        return 0;
    if (whole.c.size == 0) {
        make_columns(&whole.c);
        make_columns(&pieces.c);
    }
    size_t length = size - 3, cut = ((size_t)data[0] << 8 | data[1]) % (length + 1);
    int cases = data[2] & 1;
    empty(&whole.c);
    empty(&pieces.c);
    read_text(&whole, data + 3, length, length, cases);
    read_text(&pieces, data + 3, length, cut, cases);
    compare(&whole, &pieces);
    return 0;
}
