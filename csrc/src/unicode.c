/* Looking code points up in the tables that csrc/unicode/generate.py writes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"
#include "unicode_tables.h"

/* Hangul syllables are composed and decomposed by arithmetic (Unicode, 3.12). */
enum {
    SYLLABLES = 0xAC00,
    LEADING = 0x1100,
    VOWELS = 0x1161,
    TRAILING = 0x11A7, /* one before the first: "none" */
    LEADING_COUNT = 19,
    VOWEL_COUNT = 21,
    TRAILING_COUNT = 28,
    SYLLABLE_COUNT = LEADING_COUNT * VOWEL_COUNT * TRAILING_COUNT
};

/* Where the tables keep a code point: those from 0xE0000 lie behind the low
 * ones; SIZE_MAX for one that is in no table. */
static size_t place(uint32_t code, size_t limit)
{
    if (code < limit)
        return code;
    return code >= 0xE0000 && code < 0xE1000 ? limit + (code - 0xE0000) : SIZE_MAX;
}

csm_unicode_class csm_unicode_classify(uint32_t code)
{
    size_t at = place(code, class_limit);
    if (at == SIZE_MAX)
        return classes[0];
    size_t block = (size_t)class_index[at >> class_bits] << class_bits;
    return classes[class_leaves[block | (at & ((1u << class_bits) - 1))]];
}

static size_t expand_syllable(uint32_t index, uint32_t *out)
{
    out[0] = LEADING + index / (VOWEL_COUNT * TRAILING_COUNT);
    out[1] = VOWELS + index / TRAILING_COUNT % VOWEL_COUNT;
    if (index % TRAILING_COUNT == 0)
        return 2;
    out[2] = TRAILING + index % TRAILING_COUNT;
    return 3;
}

/* Text `number` of the expansions: they are ordered by length. */
static size_t expansion(unsigned number, uint32_t *out)
{
    size_t length = 0, start = 0, first = 1;
    while (number >= expansion_ends[length]) {
        start += length * (expansion_ends[length] - first);
        first = expansion_ends[length++];
    }
    const uint16_t *units = expansion_units + start + length * (number - first);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t code = units[i];
        if (code >= 0xD800 && code < 0xDC00) /* UTF-16 */
            code = 0x10000 + ((code - 0xD800) << 10) + (units[++i] - 0xDC00u);
        out[n++] = code;
    }
    return n;
}

size_t csm_unicode_expand(uint32_t code, uint32_t out[CSM_EXPANSION_ROOM])
{
    _Static_assert(expansion_longest <= CSM_EXPANSION_ROOM, "room for the longest expansion");
    if (code - SYLLABLES < SYLLABLE_COUNT) /* wraps below */
        return expand_syllable(code - SYLLABLES, out);
    size_t at = place(code, expansion_limit);
    if (at != SIZE_MAX) {
        size_t block = (size_t)expansion_index[at >> expansion_bits] << expansion_bits;
        unsigned number = expansion_leaves[block | (at & ((1u << expansion_bits) - 1))];
        if (number > 0)
            return expansion(number, out);
    }
    out[0] = code;
    return 1;
}

static uint32_t compose_syllable(uint32_t first, uint32_t second)
{
    if (first - LEADING < LEADING_COUNT && second - VOWELS < VOWEL_COUNT)
        return SYLLABLES +
               ((first - LEADING) * VOWEL_COUNT + (second - VOWELS)) * TRAILING_COUNT;
    if (first - SYLLABLES < SYLLABLE_COUNT && (first - SYLLABLES) % TRAILING_COUNT == 0 &&
        second > TRAILING && second < TRAILING + TRAILING_COUNT)
        return first + (second - TRAILING);
    return 0;
}

uint32_t csm_unicode_compose(uint32_t first, uint32_t second)
{
    uint32_t syllable = compose_syllable(first, second);
    if (syllable != 0)
        return syllable;
    uint64_t wanted = (uint64_t)first << 21 | second;
    size_t low = 0, high = sizeof compositions / sizeof compositions[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint64_t pair = compositions[middle] >> 21;
        if (pair == wanted)
            return (uint32_t)(compositions[middle] & 0x1FFFFF);
        if (pair < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}
