/* Hex digits to bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* The value of each character as a hex digit; X for all that are none. Its
 * bits above the lowest four tell a bad digit in any number of good ones. */
#define X 0xFF
#define X16 X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X
static const uint8_t values[256] = {
    X16, X16, X16,                                              /* 00 to 2F */
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, X, X, X, X, X, X,             /* 30 to 3F */
    X, 10, 11, 12, 13, 14, 15, X, X, X, X, X, X, X, X, X, X16,  /* 40 to 5F */
    X, 10, 11, 12, 13, 14, 15, X, X, X, X, X, X, X, X, X, X16,  /* 60 to 7F */
    X16, X16, X16, X16, X16, X16, X16, X16,                     /* 80 to FF */
};
#undef X
#undef X16

static size_t first_bad(const uint8_t *text, size_t digits)
{
    size_t at = 0;
    while (at < digits && values[text[at]] < 16)
        at++;
    return at;
}

csamatch_status csamatch_hex_decode(const char *text, size_t digits, uint8_t *out, size_t *bad)
{
    if (digits > 0 && (text == NULL || out == NULL))
        return CSAMATCH_ERROR_ARGUMENT;
    if (digits % 2 != 0)
        return CSAMATCH_ERROR_LENGTH;
    const uint8_t *in = (const uint8_t *)text;
    unsigned seen = 0;
    for (size_t i = 0; i < digits; i += 2) {
        unsigned high = values[in[i]], low = values[in[i + 1]];
        out[i / 2] = (uint8_t)(high << 4 | low);
        seen |= high | low;
    }
    if (seen < 16)
        return CSAMATCH_OK;
    if (bad != NULL)
        *bad = first_bad(in, digits);
    return CSAMATCH_ERROR_ALPHABET;
}
