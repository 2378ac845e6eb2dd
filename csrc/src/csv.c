/* Rows of comma-separated values: digests decoded, texts copied.
 * SPDX-License-Identifier: Apache-2.0 */
#include "csv_find.h"
#include "csv_row.h"

typedef csm_csv_field field;
typedef csm_csv_reader reader;

typedef enum outcome {
    GOOD,
    BLANK,
    PARTIAL, /* the text ends first */
    BROKEN_QUOTE,
    BROKEN_RETURN
} outcome;

static inline bool ends_field(const reader *r, uint8_t c)
{
    return c == r->scan->delimiter || c == '\n' || c == '\r';
}

/* Takes a field that is just a digest, as nearly all are in a column of them,
 * without looking for its end first. */
static inline bool take_digest(reader *r, const csamatch_csv_column *column, field *f, bool quoted)
{
    size_t digits = 2 * column->width, start = r->at + quoted;
    size_t end = start + digits;
    if (r->length - r->at < digits + 2 + quoted)
        return false;
    if (quoted ? r->text[end] != r->scan->quote || !ends_field(r, r->text[end + 1])
               : !ends_field(r, r->text[end]))
        return false;
    uint8_t *key = column->bytes + column->count * column->width;
    if (csamatch_hex_decode((const char *)r->text + start, digits, key, NULL) != CSAMATCH_OK)
        return false;
    *f = (field){.start = start, .end = end, .decoded = true};
    r->at = end + quoted;
    return true;
}

static inline outcome read_quoted(reader *r, field *f)
{
    f->start = ++r->at;
    for (;;) {
        size_t found = find_quote(r->text, r->at, r->length, r->scan->quote, &r->lines);
        if (found == r->length) {
            r->scan->open_quote = 1;
            return PARTIAL;
        }
        r->at = found + 1;
        if (r->at == r->length && !r->scan->last)
            return PARTIAL;
        if (r->at == r->length || r->text[r->at] != r->scan->quote) {
            f->end = found;
            return r->at == r->length || ends_field(r, r->text[r->at]) ? GOOD : BROKEN_QUOTE;
        }
        f->doubled = true;
        r->at++;
    }
}

/* Reads one field, up to its delimiter or the end of its line. `wanted` is the
 * first of the columns picked that may be meant. */
static inline outcome read_field(reader *r, size_t wanted, field *f)
{
    const csamatch_csv *scan = r->scan;
    while (r->at < r->length && r->text[r->at] == ' ' && scan->delimiter != ' ')
        r->at++;
    bool quoted = r->at < r->length && scan->quote != 0 && r->text[r->at] == scan->quote;
    for (; wanted < scan->column_count && scan->columns[wanted].index == r->columns; wanted++)
        if (scan->columns[wanted].width != 0 &&
            take_digest(r, &scan->columns[wanted], &r->fields[wanted], quoted)) {
            *f = r->fields[wanted];
            return GOOD;
        }
    *f = (field){0};
    if (quoted)
        return read_quoted(r, f);
    f->start = r->at;
    f->end = r->at = find_end(r->text, r->at, r->length, scan->delimiter);
    return r->at == r->length && !scan->last ? PARTIAL : GOOD;
}

/* Passes the end of a row's line. */
static inline outcome pass_line_end(reader *r)
{
    size_t at = r->at;
    while (at < r->length && r->text[at] == '\r')
        at++;
    if (at == r->length) {
        if (!r->scan->last)
            return PARTIAL;
        r->scan->unended = 1;
    } else if (r->text[at] != '\n') {
        return BROKEN_RETURN;
    } else {
        at++;
    }
    r->lines++;
    r->at = at;
    return GOOD;
}

static bool is_blank(const uint8_t *text, const field *f)
{
    for (size_t i = f->start; i < f->end; i++)
        if (text[i] != ' ' && text[i] != '\t')
            return false;
    return true;
}

/* Passes the rest of a row, none of which is wanted, where that is plain. */
static inline bool pass_unwanted(reader *r)
{
    size_t end = find_plain_end(r->text, r->at, r->length, r->scan->delimiter, r->scan->quote,
                                &r->columns);
    if (end == r->length)
        return false;
    r->columns++;
    r->at = end;
    return true;
}

/* Finds the fields of the row that begins at r->at. */
static inline outcome read_row(reader *r)
{
    const csamatch_csv *scan = r->scan;
    size_t wanted = 0;
    field f;
    for (;;) {
        outcome is = read_field(r, wanted, &f);
        if (is != GOOD)
            return is;
        while (wanted < scan->column_count && scan->columns[wanted].index == r->columns) {
            field *picked = &r->fields[wanted++];
            /* A digest is taken by the one column of its width. */
            if (!f.decoded || scan->columns[wanted - 1].width == 0)
                *picked = (field){.start = f.start, .end = f.end, .doubled = f.doubled};
            else if (2 * scan->columns[wanted - 1].width != f.end - f.start)
                *picked = (field){0};
        }
        r->columns++;
        if (r->at == r->length || r->text[r->at] != scan->delimiter)
            break;
        r->at++;
        if (wanted == scan->column_count && pass_unwanted(r))
            break;
    }
    outcome is = pass_line_end(r);
    if (is == GOOD && r->columns == 1 && is_blank(r->text, &f))
        return BLANK;
    return is;
}

static void add_issue(csamatch_csv *scan, uint32_t what, size_t column, size_t start, size_t end)
{
    scan->issues[scan->issue_count++] = (csamatch_csv_issue){
        .row = (uint32_t)scan->row_count,
        .line = (uint32_t)scan->line_count,
        .what = what,
        .column = (uint32_t)column,
        .start = (uint32_t)start,
        .end = (uint32_t)end,
    };
}

static void trim(const uint8_t *text, field *f)
{
    while (f->start < f->end && (text[f->start] == ' ' || text[f->start] == '\t'))
        f->start++;
    while (f->start < f->end && (text[f->end - 1] == ' ' || text[f->end - 1] == '\t'))
        f->end--;
}

static void keep_text(const reader *r, csamatch_csv_column *column, field f)
{
    trim(r->text, &f);
    size_t length = f.end - f.start;
    uint8_t *out = column->bytes + column->count;
    if (f.doubled) {
        length = 0;
        for (size_t i = f.start; i < f.end; i++) {
            out[length++] = r->text[i];
            i += r->text[i] == r->scan->quote; /* the second of the two */
        }
    } else if (length > 0) {
        memcpy(out, r->text + f.start, length);
    }
    column->count += length;
    column->numbers[r->scan->row_count] = (uint32_t)column->count;
}

/* Keeps the digest of a field that was not plainly one: something around it,
 * or no digest at all. Column `i` is the first of those picked for the field;
 * returns the next that is not. */
static size_t keep_odd_digest(reader *r, size_t i, field f)
{
    csamatch_csv *scan = r->scan;
    size_t index = scan->columns[i].index, first = i;
    uint32_t what = CSAMATCH_CSV_LENGTH;
    trim(r->text, &f);
    field bare = csm_csv_undressed(r->text, f);
    size_t length = bare.end - bare.start;
    for (; i < scan->column_count && scan->columns[i].index == index; i++) {
        csamatch_csv_column *column = &scan->columns[i];
        if (column->width == 0 || length != 2 * column->width)
            continue;
        uint8_t *key = column->bytes + column->count * column->width;
        what = CSAMATCH_CSV_ALPHABET;
        if (csamatch_hex_decode((const char *)r->text + bare.start, length, key, NULL) ==
            CSAMATCH_OK) {
            column->numbers[column->count++] = (uint32_t)scan->row_count;
            what = 0;
        }
    }
    if (what != 0 && f.end > f.start)
        add_issue(scan, what, first, f.start, f.end);
    return i;
}

/* Gives a row to the caller, with as many columns as r->columns says. */
static inline void keep_row(reader *r)
{
    csamatch_csv *scan = r->scan;
    scan->lines[scan->row_count] = (uint32_t)scan->line_count;
    for (size_t i = 0, odd = 0; i < scan->column_count; i++) {
        csamatch_csv_column *column = &scan->columns[i];
        field *f = &r->fields[i];
        if (column->index >= r->columns)
            *f = (field){0};
        if (column->width == 0)
            keep_text(r, column, *f);
        else if (f->decoded)
            column->numbers[column->count++] = (uint32_t)scan->row_count;
        else if (i >= odd && f->end > f->start)
            odd = keep_odd_digest(r, i, *f);
    }
    scan->row_count++;
}

/* Passes over the line on which a row begins that is none: a comment, or, with
 * an issue and a row that has no columns, one that is broken. False when its end
 * is still to come. */
static bool pass_line(reader *r, size_t start, uint32_t what)
{
    const uint8_t *feed = memchr(r->text + start, '\n', r->length - start);
    if (feed == NULL && !r->scan->last)
        return false;
    size_t end = feed == NULL ? r->length : (size_t)(feed - r->text);
    if (what != 0) {
        add_issue(r->scan, what, 0, start, end);
        r->columns = 0;
        keep_row(r);
    }
    r->at = feed == NULL ? end : end + 1;
    r->lines = 1;
    return true;
}

/* Passes over a comment. One that reads like a row of several columns may be
 * one whose first text begins with that character: it is not passed silently. */
static bool pass_comment(reader *r, size_t start)
{
    size_t end = csm_csv_line_end(r, start, r->length);
    bool is_like_row = r->scan->least > 1 && csm_csv_reads_like_row(r, start + 1, end);
    return pass_line(r, start, is_like_row ? CSAMATCH_CSV_COMMENT : 0);
}

/* Handles what begins at r->at; false when the text ends within it. */
static inline bool next_row(reader *r)
{
    csamatch_csv *scan = r->scan;
    size_t start = r->at;
    r->columns = r->lines = 0;
    if (scan->comment != 0 && r->text[start] == scan->comment)
        return pass_comment(r, start);
    switch (read_row(r)) {
    case GOOD:
        if (r->lines > 1 && csm_csv_swallows_rows(r, start))
            return pass_line(r, start, CSAMATCH_CSV_SWALLOWED);
        if (r->columns < scan->least || r->columns > scan->most)
            add_issue(scan, CSAMATCH_CSV_COLUMNS, 0, r->columns, 0);
        keep_row(r);
        return true;
    case BLANK:
        return true;
    case BROKEN_QUOTE:
        return pass_line(r, start, CSAMATCH_CSV_QUOTE);
    case BROKEN_RETURN:
        return pass_line(r, start, CSAMATCH_CSV_RETURN);
    default:
        return false;
    }
}

static bool is_sound(const csamatch_csv *scan, const char *text, size_t length)
{
    if ((length > 0 && text == NULL) || length >= UINT32_MAX ||
        scan->column_count > CSAMATCH_CSV_PICKED || scan->room > UINT32_MAX)
        return false;
    if ((scan->room > 0 && scan->lines == NULL) || scan->issues == NULL ||
        scan->issue_room < scan->column_count + 1)
        return false;
    if (scan->delimiter == '\n' || scan->delimiter == '\r' || scan->delimiter == scan->quote)
        return false;
    for (size_t i = 0; i < scan->column_count; i++) {
        const csamatch_csv_column *c = &scan->columns[i];
        if (c->width > CSM_MAX_WIDTH)
            return false;
        if (i > 0 && c->index <= c[-1].index &&
            (c->index < c[-1].index || c->width <= c[-1].width))
            return false;
        if (scan->room > 0 && (c->numbers == NULL || (c->bytes == NULL && length > 0)))
            return false;
    }
    return true;
}

csamatch_status csamatch_csv_scan(csamatch_csv *scan, const char *text, size_t length)
{
    if (scan == NULL || !is_sound(scan, text, length))
        return CSAMATCH_ERROR_ARGUMENT;
    reader r = {.scan = scan, .text = (const uint8_t *)text, .length = length};
    scan->row_count = scan->line_count = scan->issue_count = scan->used = 0;
    scan->open_quote = scan->unended = 0;
    for (size_t i = 0; i < scan->column_count; i++)
        scan->columns[i].count = 0;
    while (scan->used < length && scan->row_count < scan->room &&
           scan->issue_room - scan->issue_count > scan->column_count) {
        r.at = scan->used;
        if (!next_row(&r))
            break;
        scan->used = r.at;
        scan->line_count += r.lines;
    }
    return CSAMATCH_OK;
}
