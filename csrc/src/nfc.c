/* Normalization Form C of text that is decomposed already.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

/* Sorts marks by combining class; equal ones keep their order. Not by
 * insertion, because a thousand marks in a row are legal input. */
static void sort_marks(uint32_t *marks, size_t count)
{
    enum { CLASS = 24 }; /* where it stands, above the code point */
    for (size_t i = 0; i < count; i++)
        marks[i] |= (uint32_t)csm_unicode_classify(marks[i]).combining << CLASS;
    csm_sort_numbers(marks, count, CLASS);
    for (size_t i = 0; i < count; i++)
        marks[i] &= (UINT32_C(1) << CLASS) - 1;
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
