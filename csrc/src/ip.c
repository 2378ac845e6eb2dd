/* IP addresses: every form of IPv4 that a browser takes (WHATWG URL,
 * "IPv4 parser"), IPv6 (the same, "IPv6 parser"), and their canonical text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Reads one part of an IPv4 address: decimal, 0octal or 0xhex; "0x" is zero.
 * *value gets its lower 32 bits, and *wide is set when there are more. */
static bool ipv4_number(const uint8_t *text, size_t length, uint64_t *value, bool *wide)
{
    unsigned base = 10;
    if (length >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
        base = 16;
        text += 2;
        length -= 2;
    } else if (length >= 2 && text[0] == '0') {
        base = 8;
    }
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = csm_hex_value(text[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        *value = *value * base + (unsigned)digit;
        *wide = *wide || *value > UINT32_MAX;
        *value &= UINT32_MAX;
    }
    return true;
}

/* A host whose last label is a number in any notation is an IPv4 address or
 * nothing ("ends in a number checker"). */
static bool ends_in_number(const uint8_t *label, size_t length)
{
    bool digits = length > 0;
    for (size_t i = 0; i < length; i++)
        digits = digits && label[i] >= '0' && label[i] <= '9';
    uint64_t value;
    bool wide = false;
    return digits || (length >= 2 && label[0] == '0' && (label[1] | 0x20) == 'x' &&
                      ipv4_number(label, length, &value, &wide));
}

int csm_ipv4_parse(const uint8_t *text, size_t length, uint32_t *address)
{
    size_t last = length;
    while (last > 0 && text[last - 1] != '.')
        last--;
    if (!ends_in_number(text + last, length - last))
        return 0;
    uint64_t numbers[4];
    size_t parts = 0, start = 0;
    bool wide = false;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && text[i] != '.')
            continue;
        if (parts == 4 || i == start || !ipv4_number(text + start, i - start, &numbers[parts], &wide))
            return -1;
        parts++;
        start = i + 1;
    }
    uint64_t most = (UINT64_C(1) << (8 * (5 - parts))) - 1, value = numbers[parts - 1] & most;
    wide = wide || numbers[parts - 1] > most;
    for (size_t i = 0; i + 1 < parts; i++) {
        wide = wide || numbers[i] > 255;
        value |= (numbers[i] & 255) << (8 * (3 - i));
    }
    *address = (uint32_t)value;
    return wide ? -2 : 1;
}

static size_t write_decimal(unsigned value, uint8_t *out)
{
    size_t n = 0;
    if (value >= 100)
        out[n++] = (uint8_t)('0' + value / 100);
    if (value >= 10)
        out[n++] = (uint8_t)('0' + value / 10 % 10);
    out[n++] = (uint8_t)('0' + value % 10);
    return n;
}

size_t csm_ipv4_write(uint32_t address, uint8_t *out)
{
    size_t n = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        n += write_decimal((address >> shift) & 255, out + n);
        if (shift > 0)
            out[n++] = '.';
    }
    return n;
}

/* Four decimal parts without leading zeros, as IPv6 wants them at its end. */
static bool dotted_tail(const uint8_t *text, size_t length, uint16_t pieces[2])
{
    size_t at = 0;
    uint32_t value = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && (at == length || text[at++] != '.'))
            return false;
        unsigned number = 0;
        size_t start = at;
        while (at < length && text[at] >= '0' && text[at] <= '9' && at - start < 3)
            number = number * 10 + (unsigned)(text[at++] - '0');
        if (at == start || number > 255 || (text[start] == '0' && at - start > 1))
            return false;
        value = value << 8 | number;
    }
    pieces[0] = (uint16_t)(value >> 16);
    pieces[1] = (uint16_t)value;
    return at == length;
}

/* Moves what stands behind the "::" at piece `gap` to the end. */
static bool close_gap(uint16_t pieces[8], int count, int gap)
{
    if (gap < 0)
        return count == 8;
    if (count == 8)
        return false;
    int behind = count - gap;
    for (int i = 1; i <= behind; i++) {
        pieces[8 - i] = pieces[count - i];
        pieces[count - i] = 0;
    }
    return true;
}

bool csm_ipv6_parse(const uint8_t *text, size_t length, uint16_t pieces[8])
{
    int count = 0, gap = -1;
    size_t at = 0;
    memset(pieces, 0, 8 * sizeof pieces[0]);
    if (length > 0 && text[0] == ':') { /* only "::" can stand in front */
        if (length < 2 || text[1] != ':')
            return false;
        gap = 0;
        at = 2;
    }
    while (at < length) {
        if (count == 8)
            return false;
        if (text[at] == ':') { /* a second colon in a row */
            if (gap >= 0)
                return false;
            gap = count;
            at++;
            continue;
        }
        size_t start = at;
        unsigned value = 0;
        while (at < length && at - start < 4 && csm_hex_value(text[at]) >= 0)
            value = value << 4 | (unsigned)csm_hex_value(text[at++]);
        if (at < length && text[at] == '.') {
            if (count > 6 || !dotted_tail(text + start, length - start, pieces + count))
                return false;
            return close_gap(pieces, count + 2, gap);
        }
        if (at == start)
            return false;
        pieces[count++] = (uint16_t)value;
        if (at < length && (text[at++] != ':' || at == length))
            return false;
    }
    return close_gap(pieces, count, gap);
}

/* The longest run of at least two zero pieces, the first of equals. */
static int longest_zero_run(const uint16_t pieces[8], int *length)
{
    int best = -1;
    *length = 1;
    for (int i = 0; i < 8; i++) {
        int end = i;
        while (end < 8 && pieces[end] == 0)
            end++;
        if (end - i > *length) {
            best = i;
            *length = end - i;
        }
        i = end > i ? end : i;
    }
    return best;
}

size_t csm_ipv6_write(const uint16_t pieces[8], uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    int run_length, run = longest_zero_run(pieces, &run_length);
    size_t n = 0;
    out[n++] = '[';
    for (int i = 0; i < 8; i++) {
        if (i == run) {
            out[n++] = ':';
            out[n++] = ':';
            i += run_length - 1;
            continue;
        }
        if (i > 0 && (run < 0 || i != run + run_length))
            out[n++] = ':';
        bool begun = false;
        for (int shift = 12; shift >= 0; shift -= 4) {
            unsigned digit = (pieces[i] >> shift) & 15;
            begun = begun || digit != 0 || shift == 0;
            if (begun)
                out[n++] = (uint8_t)digits[digit];
        }
    }
    out[n++] = ']';
    return n;
}
