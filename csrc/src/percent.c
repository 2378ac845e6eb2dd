/* Percent-decoding to the fixed point in one pass.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* The output is used as a stack: after each byte its tail is looked at again,
 * so an escape that decoding itself completes is decoded too. Every decoding
 * takes two bytes off the stack, hence the time is linear. What lies between
 * escapes is moved as a whole. */
size_t csm_percent_decode(uint8_t *text, size_t length, bool *twice)
{
    const uint8_t *first = memchr(text, '%', length);
    if (first == NULL)
        return length;
    size_t top = (size_t)(first - text), i = top;
    size_t fresh = 0; /* bytes below this index came out of an escape */
    while (i < length) {
        bool open = (top >= 1 && text[top - 1] == '%') || (top >= 2 && text[top - 2] == '%');
        if (!open && text[i] != '%') {
            const uint8_t *next = memchr(text + i, '%', length - i);
            size_t size = (next != NULL ? (size_t)(next - text) : length) - i;
            memmove(text + top, text + i, size);
            top += size;
            i += size;
            continue;
        }
        text[top++] = text[i++];
        while (top >= 3 && text[top - 3] == '%') {
            int high = csm_hex_value(text[top - 2]), low = csm_hex_value(text[top - 1]);
            if ((high | low) < 0)
                break;
            top -= 2;
            if (fresh >= top)
                *twice = true;
            text[top - 1] = (uint8_t)(high << 4 | low);
            fresh = top;
        }
    }
    return top;
}
