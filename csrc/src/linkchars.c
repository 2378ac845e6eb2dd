/* What characters are to somebody who looks for the ends of a link.
 * SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

/* Stands for whatever is no UTF-8, surrogates among it. */
enum { NOTHING = 0xFFFD };

/* Code points from `first` to `last`. */
typedef struct range {
    uint32_t first;
    uint32_t last;
    csm_character what;
} range;

/* Ascending; what is in none of them is PLAIN. */
static const range ranges[] = {
    {0x0080, 0x00A9, CSM_CHAR_END},      {0x00AB, 0x00AC, CSM_CHAR_END},
    {0x00AD, 0x00AD, CSM_CHAR_HIDDEN},   {0x00AE, 0x00B1, CSM_CHAR_END},
    {0x00B4, 0x00B4, CSM_CHAR_END},      {0x00B6, 0x00B6, CSM_CHAR_END},
    {0x00B8, 0x00B8, CSM_CHAR_END},      {0x00BB, 0x00BB, CSM_CHAR_END},
    {0x00BF, 0x00BF, CSM_CHAR_END},      {0x0589, 0x058A, CSM_CHAR_END},
    {0x05BE, 0x05BE, CSM_CHAR_END},      {0x060C, 0x060D, CSM_CHAR_END},
    {0x061B, 0x061F, CSM_CHAR_END},      {0x06D4, 0x06D4, CSM_CHAR_END},
    {0x0964, 0x0965, CSM_CHAR_END},      {0x0E01, 0x0EFF, CSM_CHAR_UNSPACED},
    {0x1000, 0x109F, CSM_CHAR_UNSPACED}, {0x1361, 0x1368, CSM_CHAR_END},
    {0x1680, 0x1680, CSM_CHAR_END},      {0x1780, 0x17D3, CSM_CHAR_UNSPACED},
    {0x17D4, 0x17DA, CSM_CHAR_END},      {0x17DB, 0x17FF, CSM_CHAR_UNSPACED},
    {0x180B, 0x180F, CSM_CHAR_HIDDEN},
    {0x2000, 0x200A, CSM_CHAR_END},      {0x200B, 0x200D, CSM_CHAR_HIDDEN},
    {0x200E, 0x200F, CSM_CHAR_END},      {0x2010, 0x2015, CSM_CHAR_DASH},
    {0x2016, 0x2018, CSM_CHAR_END},      {0x2019, 0x2019, CSM_CHAR_DASH},
    {0x201A, 0x205F, CSM_CHAR_END},      {0x2060, 0x2060, CSM_CHAR_HIDDEN},
    {0x2061, 0x206F, CSM_CHAR_END},      {0x2190, 0x245F, CSM_CHAR_SYMBOL},
    {0x2500, 0x2BFF, CSM_CHAR_SYMBOL},   {0x2E00, 0x2E7F, CSM_CHAR_END},
    {0x2E80, 0x2FFF, CSM_CHAR_UNSPACED}, {0x3000, 0x3001, CSM_CHAR_END},
    {0x3002, 0x3002, CSM_CHAR_DOT},      {0x3003, 0x3004, CSM_CHAR_END},
    {0x3005, 0x3007, CSM_CHAR_UNSPACED}, {0x3008, 0x3020, CSM_CHAR_END},
    {0x3021, 0x302F, CSM_CHAR_UNSPACED}, {0x3030, 0x3030, CSM_CHAR_END},
    {0x3031, 0x9FFF, CSM_CHAR_UNSPACED}, {0xA000, 0xA4CF, CSM_CHAR_UNSPACED},
    {0xAC00, 0xD7FF, CSM_CHAR_UNSPACED}, {0xE000, 0xF8FF, CSM_CHAR_SYMBOL},
    {0xF900, 0xFAFF, CSM_CHAR_UNSPACED}, {0xFE00, 0xFE0F, CSM_CHAR_HIDDEN},
    {0xFE10, 0xFE6F, CSM_CHAR_END},      {0xFEFF, 0xFEFF, CSM_CHAR_HIDDEN},
    {0xFF01, 0xFF0C, CSM_CHAR_END},      {0xFF0E, 0xFF0E, CSM_CHAR_DOT},
    {0xFF0F, 0xFF0F, CSM_CHAR_END},      {0xFF1A, 0xFF20, CSM_CHAR_END},
    {0xFF3B, 0xFF3E, CSM_CHAR_END},      {0xFF40, 0xFF40, CSM_CHAR_END},
    {0xFF5B, 0xFF60, CSM_CHAR_END},      {0xFF61, 0xFF61, CSM_CHAR_DOT},
    {0xFF62, 0xFF65, CSM_CHAR_END},      {0xFF66, 0xFFDF, CSM_CHAR_UNSPACED},
    {0xFFE0, 0xFFFF, CSM_CHAR_END},      {0x1F000, 0x1FAFF, CSM_CHAR_SYMBOL},
    {0x20000, 0x3FFFF, CSM_CHAR_UNSPACED},
    {0xE0000, 0xE0FFF, CSM_CHAR_HIDDEN}, {0xF0000, 0x10FFFF, CSM_CHAR_SYMBOL},
};

/* The code point at the start of `text`, NOTHING where it is no UTF-8. */
static uint32_t decode(const uint8_t *text, size_t length, size_t *width)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t lead = text[0];
    size_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    *width = 1;
    if (size == 0 || size > length)
        return NOTHING;
    uint32_t code = lead & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return NOTHING;
        code = code << 6 | (text[i] & 0x3F);
    }
    if (code < least[size] || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF)
        return NOTHING;
    *width = size;
    return code;
}

csm_character csm_character_at(const uint8_t *text, size_t length, size_t *width)
{
    uint32_t code = decode(text, length, width);
    size_t low = 0, high = sizeof ranges / sizeof ranges[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < sizeof ranges / sizeof ranges[0] && ranges[low].first <= code)
        return ranges[low].what;
    return CSM_CHAR_PLAIN;
}
