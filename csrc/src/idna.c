/* Internationalised hosts in ASCII, as a browser has them: UTS #46 without
 * the transitional mappings, "domain to ASCII" of the WHATWG URL Standard.
 * Text is expanded code point by code point (mapped and decomposed), composed,
 * cut at the dots, and written label by label.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

enum { REPLACEMENT = 0xFFFD, SHARP_S = 0xDF, FINAL_SIGMA = 0x3C2, SIGMA = 0x3C3 };

/* Stands, with the byte added, for a byte that is no UTF-8: beyond Unicode,
 * hence mapped to itself, composed with nothing, and never valid. */
enum { STRAY = 0x110000 };

enum { JOINERS = 0x200C }; /* ZWNJ, and ZWJ behind it */

/* How many bytes the lead byte of a code point promises behind it, and what
 * the first of them may be; 0 for no lead byte (Unicode, table 3-7). */
static size_t continuation(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead >= 0xC2 && lead < 0xE0)
        return 1;
    if (lead >= 0xE0 && lead < 0xF0)
        return 2;
    return lead >= 0xF0 && lead < 0xF5 ? 3 : 0;
}

/* Reads one code point of UTF-8 at *at; STRAY and the byte where there is
 * none. What would have continued it is then no UTF-8 either. */
static uint32_t next_code(const uint8_t *text, size_t length, size_t *at)
{
    uint8_t lead = text[(*at)++], low, high;
    if (lead < 0x80)
        return lead;
    size_t more = continuation(lead, &low, &high), next = *at;
    if (more == 0)
        return STRAY + lead;
    uint32_t code = lead & (0x3Fu >> more);
    for (; more > 0; more--) {
        if (next == length || text[next] < low || text[next] > high)
            return STRAY + lead;
        code = code << 6 | (text[next++] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *at = next;
    return code;
}

/* Notes whether a mapped code point is one that IDNA2003 had another reading
 * for (UTS #46, "Deviations"), and puts that in its place where it is wanted.
 * Returns the number of code points in `part`. */
static size_t deviate(uint32_t *part, bool legacy, uint32_t *flags)
{
    uint32_t code = part[0];
    bool joiner = code - JOINERS <= 1; /* wraps below */
    if (code != SHARP_S && code != FINAL_SIGMA && !joiner)
        return 1;
    *flags |= CSAMATCH_ADDRESS_DEVIATION;
    if (!legacy)
        return 1;
    part[0] = code == SHARP_S ? 's' : SIGMA;
    part[1] = 's';
    return joiner ? 0 : code == SHARP_S ? 2 : 1;
}

/* Expands one code point. One that is ignored stays behind a byte that is no
 * UTF-8: without it the bytes around it could make a character. */
static size_t expand_one(uint32_t code, bool legacy, uint32_t before,
                         uint32_t part[CSM_EXPANSION_ROOM], uint32_t *flags)
{
    size_t count = csm_unicode_expand(code, part);
    if (count == 1)
        count = deviate(part, legacy, flags);
    if (count > 0 || before < STRAY)
        return count;
    part[0] = code;
    return 1;
}

/* Expands the whole host, and folds its dots, whatever they were written as;
 * false when there are more than CSM_NAME_CODES code points. It is read to the
 * end all the same, for the flags. A percent sign becomes U+FFFD: no host has
 * one, and left standing it could form an escape with what comes to stand
 * behind it. */
static bool expand(const uint8_t *text, size_t length, bool legacy, uint32_t *out, size_t *written,
                   uint32_t *flags)
{
    size_t n = 0;
    uint32_t last = '.';
    bool fits = true;
    for (size_t at = 0; at < length;) {
        uint32_t part[CSM_EXPANSION_ROOM];
        size_t count = expand_one(next_code(text, length, &at), legacy, last, part, flags);
        for (size_t i = 0; i < count; i++) {
            if (part[i] == '.' && last == '.')
                continue;
            last = part[i] == '%' ? REPLACEMENT : part[i];
            fits = fits && n < CSM_NAME_CODES;
            if (fits)
                out[n++] = last;
        }
    }
    *written = n > 0 && last == '.' ? n - 1 : n;
    return fits;
}

static bool is_ascii(const uint32_t *label, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (label[i] >= 0x80)
            return false;
    }
    return true;
}

static bool has_stray(const uint32_t *label, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (label[i] >= STRAY)
            return true;
    }
    return false;
}

bool csm_label_is_ace(const uint32_t *label, size_t length)
{
    return length >= 4 && label[0] == 'x' && label[1] == 'n' && label[2] == '-' &&
           label[3] == '-';
}

static bool is_nfc(const uint32_t *label, size_t length)
{
    uint32_t again[CSM_NAME_CODES];
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t part[CSM_EXPANSION_ROOM];
        size_t count = csm_unicode_expand(label[i], part);
        if (n + count > CSM_NAME_CODES)
            return false;
        memcpy(again + n, part, count * sizeof part[0]);
        n += count;
    }
    return csm_nfc(again, n) == length && memcmp(again, label, length * sizeof again[0]) == 0;
}

/* Checks a label that claims to be encoded already. It is written as it is,
 * whatever comes out: Punycode has one form only. */
static void check_ace(const uint32_t *label, size_t length, csm_verdict *verdict)
{
    if (verdict->wrong)
        return;
    uint32_t decoded[CSM_NAME_CODES];
    size_t n = csm_punycode_decode(label + 4, length - 4, decoded);
    if (n == CSM_NO_PUNYCODE || is_ascii(decoded, n) || !is_nfc(decoded, n)) {
        verdict->wrong = true;
        return;
    }
    csm_label_check(decoded, n, verdict);
}

/* How many bytes of UTF-8 a code point, or a byte that is none, takes. */
static size_t utf8_size(uint32_t code)
{
    return code < 0x80 || code >= STRAY ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* Writes a label that holds bytes that are no UTF-8 as those that it has, with
 * what is UTF-8 in it mapped; false when it does not fit. */
static bool write_stray(const uint32_t *label, size_t length, uint8_t *out, size_t *written)
{
    static const uint8_t leads[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = *written;
    for (size_t i = 0; i < length; i++) {
        size_t size = utf8_size(label[i]);
        if (size > CSM_NAME_ROOM - n)
            return false;
        for (size_t left = size; left-- > 0;) {
            uint32_t bits = label[i] >> (6 * left); /* STRAY's lowest byte is zero */
            out[n++] = (uint8_t)(left + 1 == size ? leads[size] | bits : 0x80 | (bits & 0x3F));
        }
    }
    *written = n;
    return true;
}

/* Writes one label; false when it does not fit. */
static bool write_label(const uint32_t *label, size_t length, uint8_t *out, size_t *written,
                        csm_verdict *verdict)
{
    size_t n = *written, room = CSM_NAME_ROOM - n;
    bool ace = csm_label_is_ace(label, length);
    if (has_stray(label, length)) {
        verdict->wrong = true;
        return write_stray(label, length, out, written);
    }
    if (is_ascii(label, length)) {
        if (length > room)
            return false;
        for (size_t i = 0; i < length; i++)
            out[n++] = (uint8_t)label[i];
        *written = n;
        if (ace)
            check_ace(label, length, verdict);
        else
            csm_label_check(label, length, verdict);
        return true;
    }
    if (room < 4)
        return false;
    memcpy(out + n, "xn--", 4);
    size_t size = csm_punycode_encode(label, length, out + n + 4, room - 4);
    if (size == CSM_NO_PUNYCODE)
        return false;
    *written = n + 4 + size;
    csm_label_check(label, length, verdict); /* "xn--" before non-ASCII is wrong */
    return true;
}

/* The least that the host takes when it is written, with %XX for what is
 * forbidden in it, which makes it wrong: a code point takes a byte or more. */
static size_t least_size(const uint32_t *name, size_t length, bool *wrong)
{
    size_t forbidden = 0;
    for (size_t i = 0; i < length; i++)
        forbidden += name[i] < 0x80 ? csm_host_forbids((uint8_t)name[i]) : name[i] >= STRAY;
    *wrong = forbidden > 0;
    return length + 2 * forbidden;
}

bool csm_idna_to_ascii(const uint8_t *text, size_t length, bool legacy,
                       uint8_t out[CSM_NAME_ROOM], size_t *written, uint32_t *flags)
{
    uint32_t name[CSM_NAME_CODES];
    size_t codes, n = 0;
    if (!expand(text, length, legacy, name, &codes, flags))
        return false;
    codes = csm_nfc(name, codes);
    csm_verdict verdict = {false, false, false};
    if (least_size(name, codes, &verdict.wrong) > CSM_NAME_ROOM)
        return false; /* before the dear part */
    for (size_t start = 0, end; start < codes; start = end + 1) {
        for (end = start; end < codes && name[end] != '.';)
            end++;
        if (start > 0) {
            if (n == CSM_NAME_ROOM)
                return false;
            out[n++] = '.';
        }
        if (!write_label(name + start, end - start, out, &n, &verdict))
            return false;
    }
    if (verdict.wrong || (verdict.right_to_left && verdict.bidi_broken))
        *flags |= CSAMATCH_ADDRESS_REFUSED;
    *written = n;
    return true;
}
