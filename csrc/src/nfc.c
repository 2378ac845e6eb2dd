/* Normalization Form C of text that is decomposed already.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

enum { ROW = 6 }; /* combining class, place, code point; big-endian */

/* Sorts marks by combining class; equal ones keep their order. By rows and
 * not by insertion, because a thousand marks in a row are legal input. */
static void sort_marks(uint32_t *marks, size_t count)
{
    uint8_t rows[CSM_NAME_CODES * ROW];
    for (size_t i = 0; i < count; i++) {
        uint8_t *row = rows + i * ROW;
        row[0] = csm_unicode_classify(marks[i]).combining;
        row[1] = (uint8_t)(i >> 8);
        row[2] = (uint8_t)i;
        row[3] = (uint8_t)(marks[i] >> 16);
        row[4] = (uint8_t)(marks[i] >> 8);
        row[5] = (uint8_t)marks[i];
    }
    csamatch_rows_sort(rows, count, ROW);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *row = rows + i * ROW;
        marks[i] = (uint32_t)row[3] << 16 | (uint32_t)row[4] << 8 | row[5];
    }
}

/* Brings each run of marks into canonical order. */
static void order(uint32_t *text, size_t length)
{
    size_t start = 0;
    unsigned last = 0;
    bool sorted = true;
    for (size_t i = 0; i <= length; i++) {
        unsigned combining = i < length ? csm_unicode_classify(text[i]).combining : 0;
        if (combining == 0) {
            if (!sorted)
                sort_marks(text + start, i - start);
            start = i + 1;
            sorted = true;
        } else if (combining < last) {
            sorted = false;
        }
        last = combining;
    }
}

size_t csm_nfc(uint32_t *text, size_t length)
{
    order(text, length);
    size_t n = 0, starter = SIZE_MAX;
    unsigned last = 0; /* combining class of the mark kept last */
    for (size_t i = 0; i < length; i++) {
        csm_unicode_class kind = csm_unicode_classify(text[i]);
        if (starter != SIZE_MAX && (kind.flags & CSM_SECOND) != 0 &&
            (starter == n - 1 || last < kind.combining)) { /* else it is blocked */
            uint32_t composite = csm_unicode_compose(text[starter], text[i]);
            if (composite != 0) {
                text[starter] = composite;
                continue;
            }
        }
        if (kind.combining == 0)
            starter = n;
        last = kind.combining;
        text[n++] = text[i];
    }
    return n;
}
