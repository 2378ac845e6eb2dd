/* Normalization Form C of text that is decomposed already.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

/* What stands above a code point while the text is worked on: whether it can
 * compose with what is in front of it, and its combining class. */
enum { SECOND = 23, CLASS = 24 };

static uint32_t bare(uint32_t tagged)
{
    return tagged & ((UINT32_C(1) << SECOND) - 1);
}

/* Tags all code points; returns what is set in any of them. */
static uint32_t tag(uint32_t *text, size_t length)
{
    uint32_t any = 0;
    for (size_t i = 0; i < length; i++) {
        csm_unicode_class kind = csm_unicode_classify(text[i]);
        uint32_t second = (kind.flags & CSM_SECOND) != 0;
        text[i] |= (uint32_t)kind.combining << CLASS | second << SECOND;
        any |= text[i];
    }
    return any;
}

/* Brings each run of marks into canonical order; equal ones keep theirs. Not
 * by insertion, because a thousand marks in a row are legal input. */
static void order(uint32_t *text, size_t length)
{
    size_t start = 0;
    uint32_t last = 0;
    bool sorted = true;
    for (size_t i = 0; i <= length; i++) {
        uint32_t combining = i < length ? text[i] >> CLASS : 0;
        if (combining == 0) {
            if (!sorted)
                csm_sort_numbers(text + start, i - start, CLASS);
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
    uint32_t any = tag(text, length);
    if (any >> SECOND == 0) /* most text: no marks, and nothing to compose */
        return length;
    order(text, length);
    size_t n = 0, starter = SIZE_MAX;
    uint32_t last = 0; /* combining class of the mark kept last */
    for (size_t i = 0; i < length; i++) {
        uint32_t code = bare(text[i]), combining = text[i] >> CLASS;
        if (starter != SIZE_MAX && (text[i] >> SECOND & 1) != 0 &&
            (starter == n - 1 || last < combining)) { /* else it is blocked */
            uint32_t composite = csm_unicode_compose(text[starter], code);
            if (composite != 0) {
                text[starter] = composite;
                continue;
            }
        }
        if (combining == 0)
            starter = n;
        last = combining;
        text[n++] = code;
    }
    return n;
}
