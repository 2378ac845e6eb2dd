/* csamatch_csv_scan: a document gives the same whole and in two pieces, and
 * nothing is read or written beside what it was given.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csamatch.h"

enum { ROOM = 3, WIDTH = 2 };

static void require(int condition)
{
    if (!condition)
        __builtin_trap();
}

/* Everything that was read, one after another. */
typedef struct written {
    uint8_t *data;
    size_t length, room;
} written;

static void write_bytes(written *w, const void *data, size_t length)
{
    if (w->room - w->length < length) {
        w->room = 2 * (w->room + length);
        w->data = realloc(w->data, w->room);
        require(w->data != NULL);
    }
    if (length > 0)
        memcpy(w->data + w->length, data, length);
    w->length += length;
}

static void write_number(written *w, uint64_t number)
{
    write_bytes(w, &number, sizeof number);
}

static void *room_for(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    require(memory != NULL);
    return memory;
}

/* Writes row `row` of what was scanned, each row by itself, so that it does
 * not matter how many were scanned at once. */
static void write_row(written *w, const csamatch_csv *scan, size_t row, size_t at, size_t line)
{
    write_number(w, line + scan->lines[row]);
    for (size_t i = 0; i < scan->column_count; i++) {
        const csamatch_csv_column *c = &scan->columns[i];
        if (c->width == 0) {
            size_t start = row > 0 ? c->numbers[row - 1] : 0;
            require(start <= c->numbers[row] && c->numbers[row] <= c->count);
            write_number(w, c->numbers[row] - start);
            write_bytes(w, c->bytes + start, c->numbers[row] - start);
            continue;
        }
        for (size_t j = 0; j < c->count; j++)
            if (c->numbers[j] == row)
                write_bytes(w, c->bytes + j * c->width, c->width);
    }
    for (size_t i = 0; i < scan->issue_count; i++) {
        const csamatch_csv_issue *issue = &scan->issues[i];
        require(issue->row < scan->row_count);
        if (issue->row != row)
            continue;
        write_number(w, issue->what);
        write_number(w, line + issue->line);
        write_number(w, issue->what == CSAMATCH_CSV_COLUMNS ? issue->start : at + issue->start);
    }
}

/* Scans text[*at, known) as far as it goes. */
static void scan_piece(written *w, csamatch_csv *scan, const uint8_t *text, size_t known,
                       size_t *at, size_t *line)
{
    do {
        size_t length = known - *at;
        char *copy = room_for(length);
        memcpy(copy, text + *at, length);
        for (size_t i = 0; i < scan->column_count; i++) {
            csamatch_csv_column *c = &scan->columns[i];
            c->bytes = room_for(c->width > 0 ? ROOM * c->width : length);
        }
        require(csamatch_csv_scan(scan, copy, length) == CSAMATCH_OK);
        require(scan->used <= length && scan->row_count <= ROOM);
        require(scan->issue_count <= scan->issue_room);
        for (size_t row = 0; row < scan->row_count; row++)
            write_row(w, scan, row, *at, *line);
        *at += scan->used;
        *line += scan->line_count;
        for (size_t i = 0; i < scan->column_count; i++)
            free(scan->columns[i].bytes);
        free(copy);
    } while (scan->used > 0 && *at < known);
}

static written scan_all(const uint8_t *text, size_t length, size_t split, uint8_t quote)
{
    uint32_t numbers[4][ROOM], lines[ROOM];
    csamatch_csv_issue issues[5];
    csamatch_csv_column columns[4] = {
        {0, 0, NULL, numbers[0], 0},
        {1, WIDTH, NULL, numbers[1], 0},
        {1, WIDTH + 1, NULL, numbers[2], 0},
        {2, 0, NULL, numbers[3], 0},
    };
    csamatch_csv scan = {.columns = columns, .column_count = 4, .lines = lines, .room = ROOM,
                         .issues = issues, .issue_room = 5, .least = 2, .most = 3,
                         .delimiter = ',', .quote = quote, .comment = '#'};
    written w = {NULL, 0, 0};
    size_t at = 0, line = 0;
    if (split < length)
        scan_piece(&w, &scan, text, split, &at, &line);
    scan.last = 1;
    scan_piece(&w, &scan, text, length, &at, &line);
    require(at == length || scan.open_quote);
    write_number(&w, at);
    write_number(&w, scan.open_quote);
    write_number(&w, scan.unended);
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t split = data[0];
    uint8_t quote = data[1] % 4 == 0 ? 0 : '"';
    data += 2;
    size -= 2;
    written whole = scan_all(data, size, SIZE_MAX, quote);
    written parts = scan_all(data, size, split, quote);
    require(whole.length == parts.length);
    require(memcmp(whole.data, parts.data, whole.length) == 0);
    free(whole.data);
    free(parts.data);
    return 0;
}
