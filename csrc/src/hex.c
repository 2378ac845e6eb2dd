/* Hex digits to bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

csamatch_status csamatch_hex_decode(const char *text, size_t digits, uint8_t *out, size_t *bad)
{
    if (digits > 0 && (text == NULL || out == NULL))
        return CSAMATCH_ERROR_ARGUMENT;
    if (digits % 2 != 0)
        return CSAMATCH_ERROR_LENGTH;
    const uint8_t *in = (const uint8_t *)text;
    for (size_t i = 0; i < digits; i += 2) {
        int high = csm_hex_value(in[i]), low = csm_hex_value(in[i + 1]);
        if ((high | low) < 0) {
            if (bad != NULL)
                *bad = high < 0 ? i : i + 1;
            return CSAMATCH_ERROR_ALPHABET;
        }
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return CSAMATCH_OK;
}
