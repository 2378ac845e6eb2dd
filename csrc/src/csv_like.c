/* Telling by its looks whether a line is a row: what stands behind a comment
 * mark, or between quotes, must not vanish when it is one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "csv_row.h"

/* How many bytes of the `length` before or behind `at` may stand around a
 * digest and mean nothing: quotes, as in ="..." of Excel, marks of Markdown,
 * blanks, and the blank that does not break, which is two bytes long. */
static size_t dress(const uint8_t *at, size_t length, bool before)
{
    static const uint8_t no_break[2] = {0xC2, 0xA0};
    if (length == 0)
        return 0;
    if (length > 1 && memcmp(before ? at - 2 : at, no_break, 2) == 0)
        return 2;
    uint8_t c = before ? at[-1] : at[0];
    return c != 0 && strchr(" \t=\"'`*_", c) != NULL ? 1 : 0;
}

csm_csv_field csm_csv_undressed(const uint8_t *text, csm_csv_field f)
{
    size_t more;
    while ((more = dress(text + f.start, f.end - f.start, false)) > 0)
        f.start += more;
    while ((more = dress(text + f.end, f.end - f.start, true)) > 0)
        f.end -= more;
    return f;
}

size_t csm_csv_line_end(const csm_csv_reader *r, size_t start, size_t end)
{
    const uint8_t *feed = memchr(r->text + start, '\n', end - start);
    return feed == NULL ? end : (size_t)(feed - r->text);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* Where a host ends that a text may begin with: before its port, path, or what
 * else cannot be of a host. */
static size_t host_end(const uint8_t *text, size_t length)
{
    size_t i = 0;
    while (i < length && text[i] != 0 &&
           (is_letter(text[i]) || is_digit(text[i]) || strchr("-_.[]()", text[i]) != NULL))
        i++;
    return i;
}

/* Whether a text could be a host: labels between dots, as in "bad[.]example",
 * the last of which begins with a letter, or four numbers. */
static bool is_host_like(const uint8_t *text, size_t length)
{
    size_t dots = 0, letters = 0, size = 0; /* of all; of the last label */
    bool is_number = true;
    if (length > 0 && text[length - 1] == '.')
        length--;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = text[i];
        if (c == '.') {
            if (size == 0)
                return false;
            dots++;
            letters = size = 0;
        } else if (is_letter(c) || is_digit(c) || c == '-' || c == '_') {
            letters += is_letter(c) && letters == size;
            size++;
            is_number = is_number && is_digit(c);
        }
    }
    return (dots > 0 && letters > 1) || (dots == 3 && is_number && size > 0);
}

/* Whether a text looks like an address that is listed. */
static bool is_address_like(const uint8_t *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] == '"')
            return false;
    for (size_t i = 1; i + 3 < length && text[i - 1] != '/'; i++)
        if (memcmp(text + i, "://", 3) == 0)
            return true;
    size_t end = host_end(text, length);
    return (end == length || strchr("/?#:", text[end]) != NULL) && is_host_like(text, end);
}

/* Whether a column, one of those picked, of the row at hand holds a field. */
static bool is_own(const csm_csv_reader *r, csm_csv_field f, bool of_digests)
{
    const csamatch_csv *scan = r->scan;
    for (size_t i = 0; i < scan->column_count && scan->columns[i].index < r->columns; i++)
        if ((scan->columns[i].width != 0) == of_digests &&
            csm_csv_undressed(r->text, r->fields[i]).start == f.start)
            return true;
    return false;
}

/* Whether a field holds what a column is to hold, a digest or an address, and
 * none that the row at hand has as its own. */
static bool is_another(const csm_csv_reader *r, csm_csv_field f, const csamatch_csv_column *column)
{
    uint8_t key[CSM_MAX_WIDTH];
    f = csm_csv_undressed(r->text, f);
    const uint8_t *text = r->text + f.start;
    size_t length = f.end - f.start;
    if (column->width == 0)
        return r->scan->addresses == column->index + 1 && is_address_like(text, length) &&
               !is_own(r, f, false);
    return length == 2 * column->width &&
           csamatch_hex_decode((const char *)text, length, key, NULL) == CSAMATCH_OK &&
           !is_own(r, f, true);
}

bool csm_csv_reads_like_row(const csm_csv_reader *r, size_t start, size_t end)
{
    const csamatch_csv *scan = r->scan;
    size_t columns = 0;
    bool has_another = false;
    while (end > start && r->text[end - 1] == '\r')
        end--;
    for (size_t i = 0;; columns++) {
        const uint8_t *found = memchr(r->text + start, scan->delimiter, end - start);
        csm_csv_field f = {.start = start, .end = found == NULL ? end : (size_t)(found - r->text)};
        for (; i < scan->column_count && scan->columns[i].index == columns; i++)
            has_another |= is_another(r, f, &scan->columns[i]);
        if (found == NULL)
            break;
        start = f.end + 1;
    }
    return has_another && columns + 1 >= scan->least;
}

bool csm_csv_swallows_rows(const csm_csv_reader *r, size_t start)
{
    for (size_t end; start < r->at; start = end + 1) {
        end = csm_csv_line_end(r, start, r->at);
        if (csm_csv_reads_like_row(r, start, end))
            return true;
    }
    return false;
}
