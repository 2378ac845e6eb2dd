/* Internationalised hosts in ASCII, as a browser has them: UTS #46 without
 * the transitional mappings, "domain to ASCII" of the WHATWG URL Standard.
 * Text is expanded code point by code point (mapped and decomposed), composed,
 * cut at the dots, and written label by label.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

enum { REPLACEMENT = 0xFFFD };

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

/* Reads one code point of UTF-8 at *at; U+FFFD for each maximal part of one
 * that is broken off, as browsers decode. */
static uint32_t next_code(const uint8_t *text, size_t length, size_t *at)
{
    uint8_t lead = text[(*at)++], low, high;
    if (lead < 0x80)
        return lead;
    size_t more = continuation(lead, &low, &high);
    if (more == 0)
        return REPLACEMENT;
    uint32_t code = lead & (0x3Fu >> more);
    for (; more > 0; more--) {
        if (*at == length || text[*at] < low || text[*at] > high)
            return REPLACEMENT;
        code = code << 6 | (text[(*at)++] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    return code;
}

/* Expands the whole host, and folds its dots, whatever they were written as;
 * false when there are more than CSM_NAME_CODES code points. A percent sign
 * becomes U+FFFD: no host has one, and left standing it could form an escape
 * with what comes to stand behind it. */
static bool expand(const uint8_t *text, size_t length, uint32_t *out, size_t *written)
{
    size_t n = 0;
    for (size_t at = 0; at < length;) {
        uint32_t part[CSM_EXPANSION_ROOM];
        size_t count = csm_unicode_expand(next_code(text, length, &at), part);
        for (size_t i = 0; i < count; i++) {
            if (part[i] == '.' && (n == 0 || out[n - 1] == '.'))
                continue;
            if (n == CSM_NAME_CODES)
                return false;
            out[n++] = part[i] == '%' ? REPLACEMENT : part[i];
        }
    }
    *written = n > 0 && out[n - 1] == '.' ? n - 1 : n;
    return true;
}

static bool is_ascii(const uint32_t *label, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (label[i] >= 0x80)
            return false;
    }
    return true;
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
    uint32_t decoded[CSM_NAME_CODES];
    size_t n = csm_punycode_decode(label + 4, length - 4, decoded);
    if (n == CSM_NO_PUNYCODE || is_ascii(decoded, n) || !is_nfc(decoded, n)) {
        verdict->wrong = true;
        return;
    }
    csm_label_check(decoded, n, verdict);
}

/* Writes one label; false when it does not fit. */
static bool write_label(const uint32_t *label, size_t length, uint8_t *out, size_t *written,
                        csm_verdict *verdict)
{
    size_t n = *written, room = CSM_NAME_ROOM - n;
    bool ace = csm_label_is_ace(label, length);
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

bool csm_idna_to_ascii(const uint8_t *text, size_t length, uint8_t out[CSM_NAME_ROOM],
                       size_t *written, uint32_t *flags)
{
    uint32_t name[CSM_NAME_CODES];
    size_t codes, n = 0;
    if (!expand(text, length, name, &codes))
        return false;
    codes = csm_nfc(name, codes);
    csm_verdict verdict = {false, false, false};
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
