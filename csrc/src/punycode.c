/* Punycode (RFC 3492).
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_CODE = 0x80 };

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    uint32_t k = 0;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    return k <= bias + T_MIN ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

enum { PLACE = 10, WORDS = CSM_NAME_CODES / 64 }; /* bits of a place, below the code point */

/* Places in a label, one bit each, and how many lie in front of each word. */
typedef struct places {
    uint64_t bits[WORDS];
    uint32_t before[WORDS];
    size_t words; /* that the label has */
} places;

static uint32_t place_of(uint32_t number)
{
    return number & ((1u << PLACE) - 1);
}

static uint32_t count_bits(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (uint32_t)(x * UINT64_C(0x0101010101010101) >> 56);
}

static uint32_t counted_before(const places *p, size_t at)
{
    return p->before[at / 64] + count_bits(p->bits[at / 64] & ((UINT64_C(1) << at % 64) - 1));
}

/* Adds the places of `count` numbers, which ascend. */
static void add_places(places *p, const uint32_t *numbers, size_t count)
{
    size_t word = 0;
    uint32_t added = 0;
    for (size_t i = 0; i < count; i++, added++) {
        size_t at = place_of(numbers[i]);
        while (word < at / 64)
            p->before[++word] += added;
        p->bits[word] |= UINT64_C(1) << at % 64;
    }
    while (++word < p->words)
        p->before[word] += added;
}

/* Gathers the non-ASCII code points, each with its place, and the places of
 * the ASCII ones. Returns how many there are. */
static size_t gather(const uint32_t *label, size_t length, uint32_t *numbers, places *p)
{
    size_t count = 0;
    uint32_t sum = 0;
    p->words = (length + 63) / 64;
    memset(p->bits, 0, p->words * sizeof p->bits[0]);
    for (size_t i = 0; i < length; i++) {
        if (label[i] < FIRST_CODE)
            p->bits[i / 64] |= UINT64_C(1) << i % 64;
        else
            numbers[count++] = label[i] << PLACE | (uint32_t)i;
    }
    for (size_t i = 0; i < p->words; i++) {
        p->before[i] = sum;
        sum += count_bits(p->bits[i]);
    }
    return count;
}

/* How many of the sorted numbers from `at` on have its code point. */
static size_t same_code(const uint32_t *numbers, size_t at, size_t length)
{
    size_t end = at + 1;
    while (end < length && numbers[end] >> PLACE == numbers[at] >> PLACE)
        end++;
    return end - at;
}

/* Writes one delta; returns how many bytes, more than `room` when they don't
 * all fit. */
static size_t write_delta(uint32_t delta, uint32_t bias, uint8_t *out, size_t room)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t n = 0;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias), digit = delta;
        if (delta >= t)
            digit = t + (delta - t) % (BASE - t);
        if (n == room)
            return room + 1;
        out[n++] = (uint8_t)digits[digit];
        if (delta < t)
            return n;
        delta = (delta - t) / (BASE - t);
    }
}

/* The RFC goes through the label once for each code point in it. Sorted code
 * points and counted places give the same deltas in one go: between one code
 * point written and the next lie, in the decoder's eyes, all the smaller ones
 * between them, and whole rounds through the label for code points left out.
 * Equal ones are written in the order of their places, so that those in front
 * are counted by counting along. */
size_t csm_punycode_encode(const uint32_t *label, size_t length, uint8_t *out, size_t room)
{
    _Static_assert(CSM_NAME_CODES <= 1 << PLACE, "a place fits beside a code point");
    uint32_t numbers[CSM_NAME_CODES];
    places p;
    if (length > room) /* a code point takes a byte at least */
        return CSM_NO_PUNYCODE;
    size_t count = gather(label, length, numbers, &p), ascii = length - count, n = 0;
    if (ascii + 1 > room)
        return CSM_NO_PUNYCODE;
    for (size_t i = 0; i < length; i++) {
        if (label[i] < FIRST_CODE)
            out[n++] = (uint8_t)label[i];
    }
    if (n > 0)
        out[n++] = '-';
    csm_sort_numbers(numbers, count, PLACE); /* places ascend already */
    uint32_t code = FIRST_CODE, bias = FIRST_BIAS, before = 0; /* handled ones in front */
    uint32_t handled = (uint32_t)ascii;
    for (size_t i = 0, same; i < count; i += same) {
        same = same_code(numbers, i, count);
        for (size_t k = 0; k < same; k++) {
            uint32_t now = counted_before(&p, place_of(numbers[i + k])) + (uint32_t)k;
            uint32_t delta = ((numbers[i] >> PLACE) - code) * (handled + 1) + now - before;
            size_t size = write_delta(delta, bias, out + n, room - n);
            if (size > room - n)
                return CSM_NO_PUNYCODE;
            n += size;
            bias = adapt(delta, handled + 1, handled == ascii);
            handled++;
            code = numbers[i] >> PLACE;
            before = now + 1;
        }
        add_places(&p, numbers + i, same);
    }
    return n;
}

static int digit_value(uint32_t c)
{
    if (c >= 'a' && c <= 'z')
        return (int)(c - 'a');
    return c >= '0' && c <= '9' ? (int)(c - '0') + 26 : -1;
}

/* Reads one delta at *at and adds it to *i; false when it ends too early or
 * is too large for any code point. */
static bool read_delta(const uint32_t *text, size_t length, size_t *at, uint32_t bias, uint64_t *i)
{
    uint64_t weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        int digit = *at < length ? digit_value(text[(*at)++]) : -1;
        if (digit < 0)
            return false;
        *i += (unsigned)digit * weight;
        if (*i >> 40 != 0)
            return false;
        uint32_t t = threshold(k, bias);
        if ((uint32_t)digit < t)
            return true;
        weight *= BASE - t;
        if (weight >> 40 != 0)
            return false;
    }
}

size_t csm_punycode_decode(const uint32_t *text, size_t length, uint32_t *out)
{
    size_t n = length, at = 0;
    while (n > 0 && text[n - 1] != '-')
        n--;
    if (n > 0)
        at = n--; /* the last hyphen is no part of the text, if any is in front of it */
    if (at == 1)
        return CSM_NO_PUNYCODE;
    memcpy(out, text, n * sizeof out[0]);
    uint32_t bias = FIRST_BIAS;
    uint64_t code = FIRST_CODE, i = 0;
    for (bool first = true; at < length; first = false) {
        uint64_t from = i;
        if (!read_delta(text, length, &at, bias, &i))
            return CSM_NO_PUNYCODE;
        uint64_t count = n + 1, delta = i - from;
        code += i / count;
        i %= count;
        if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return CSM_NO_PUNYCODE;
        bias = adapt((uint32_t)delta, (uint32_t)count, first);
        memmove(out + i + 1, out + i, (n - i) * sizeof out[0]);
        out[i++] = (uint32_t)code;
        n++;
    }
    return n;
}
