/* The canonical form of a host.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static bool has_prefix(const uint16_t pieces[8], const uint16_t prefix[6])
{
    return memcmp(pieces, prefix, 6 * sizeof pieces[0]) == 0;
}

static size_t zone_start(const uint8_t *text, size_t length)
{
    const uint8_t *zone = memchr(text, '%', length);
    return zone != NULL ? (size_t)(zone - text) : length;
}

bool csm_is_bare_ipv6(const uint8_t *text, size_t length)
{
    uint16_t pieces[8];
    return length > 0 && csm_ipv6_parse(text, zone_start(text, length), pieces);
}

/* What is between brackets: IPv6, or the IPv4 address mapped into it or reached
 * through NAT64's well-known prefix (RFC 6052). A zone is dropped: it says
 * which network card to use, not which host is meant. */
static csamatch_status ipv6(const uint8_t *text, size_t length, uint8_t *out, size_t *written,
                            uint32_t *flags)
{
    static const uint16_t mapped[6] = {0, 0, 0, 0, 0, 0xffff};
    static const uint16_t nat64[6] = {0x64, 0xff9b, 0, 0, 0, 0};
    uint16_t pieces[8];
    size_t size = zone_start(text, length);
    if (size < length)
        *flags |= CSAMATCH_ADDRESS_REFUSED;
    if (!csm_ipv6_parse(text, size, pieces))
        return CSAMATCH_ERROR_HOST;
    *flags |= CSAMATCH_ADDRESS_IP;
    if (has_prefix(pieces, mapped) || has_prefix(pieces, nat64))
        *written = csm_ipv4_write((uint32_t)pieces[6] << 16 | pieces[7], out);
    else
        *written = csm_ipv6_write(pieces, out);
    return CSAMATCH_OK;
}

/* Lower case; no dots in front, behind, or in a row. Returns the new length. */
static size_t fold_name(uint8_t *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = text[i];
        if (c == '.' && (n == 0 || text[n - 1] == '.'))
            continue;
        text[n++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
    }
    return n > 0 && text[n - 1] == '.' ? n - 1 : n;
}

/* How many bytes of a name have to be written as %XX. */
static size_t count_forbidden(const uint8_t *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += csm_host_forbids(text[i]);
    return count;
}

/* Writes a folded name: an IPv4 address, or the name with its escapes. */
static csamatch_status write_name(const uint8_t *text, size_t length, uint32_t readings,
                                  uint8_t *out, size_t *written, uint32_t *flags)
{
    if (length == 0)
        return CSAMATCH_ERROR_NO_HOST;
    /* A URL where a host should be, such as "http%3Ahost". Browsers refuse
     * it, and its canonical form would read as a URL encoded whole. */
    const uint8_t *colon = memchr(text, ':', length);
    if (colon != NULL && csm_begins_url(text, (size_t)(colon - text)))
        return CSAMATCH_ERROR_HOST;
    uint32_t address;
    int is_ipv4 = csm_ipv4_parse(text, length, &address);
    if (is_ipv4 == -2) {
        *flags |= CSAMATCH_ADDRESS_WIDE_IP;
        if ((readings & CSAMATCH_READ_WRAP_IP) != 0)
            is_ipv4 = 1;
    }
    if (is_ipv4 > 0) {
        *flags |= CSAMATCH_ADDRESS_IP;
        *written = csm_ipv4_write(address, out);
        return CSAMATCH_OK;
    }
    if (is_ipv4 < 0)
        *flags |= CSAMATCH_ADDRESS_REFUSED;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        bool escape = csm_host_forbids(text[i]);
        if (escape)
            *flags |= CSAMATCH_ADDRESS_REFUSED;
        n += csm_percent_put(out + n, text[i], escape);
    }
    *written = n;
    return CSAMATCH_OK;
}

static bool is_ascii(const uint8_t *text, size_t length)
{
    uint8_t all = 0;
    for (size_t i = 0; i < length; i++)
        all |= text[i];
    return all < 0x80;
}

csamatch_status csm_host_canonical(uint8_t *text, size_t length, uint32_t readings, uint8_t *out,
                                   size_t *written, uint32_t *flags)
{
    if (length > 0 && text[0] == '[') {
        for (; text[length - 1] == '.'; length--)
            *flags |= CSAMATCH_ADDRESS_REFUSED; /* by a browser, behind a bracket */
        if (length < 2 || text[length - 1] != ']')
            return CSAMATCH_ERROR_HOST;
        return ipv6(text + 1, length - 2, out, written, flags);
    }
    if (csm_is_bare_ipv6(text, length))
        return ipv6(text, length, out, written, flags);
    bool twice = false;
    length = csm_percent_decode(text, length, &twice);
    if (twice)
        *flags |= CSAMATCH_ADDRESS_DOUBLE_ESCAPE;
    length = fold_name(text, length);
    if (is_ascii(text, length))
        return write_name(text, length, readings, out, written, flags);
    uint8_t name[CSM_NAME_ROOM];
    size_t size;
    bool legacy = (readings & CSAMATCH_READ_LEGACY_IDNA) != 0;
    if (csm_idna_to_ascii(text, length, legacy, name, &size, flags) &&
        size + 2 * count_forbidden(name, size) <= CSM_NAME_ROOM)
        return write_name(name, size, readings, out, written, flags);
    return write_name(text, length, readings, out, written, flags);
}
