/* The canonical form of a URL: structure first, then unescaping, because
 * that is the order in which a browser decides what to fetch.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* How many times view-source:, blob: or whole-URL encoding may be undone. */
enum { MAX_NESTING = 8 };

/* The letters of "view-source". */
enum { LONGEST_SCHEME = 11 };

/* Beyond three bytes for every byte of input: a host, and "/". */
enum { SLACK = CSM_HOST_ROOM + 16 };

/* Brackets that csamatch_host_normalize puts around a bare IPv6 address. */
enum { BRACKETS = 2 };

size_t csamatch_address_capacity(size_t length)
{
    if (length > SIZE_MAX / 8 - SLACK)
        return 0;
    return 4 * length + SLACK + BRACKETS;
}

static bool is_letter(uint8_t c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

static bool equals(const uint8_t *text, size_t length, const char *word)
{
    if (length != strlen(word))
        return false;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = text[i] >= 'A' && text[i] <= 'Z' ? (uint8_t)(text[i] | 0x20) : text[i];
        if (c != (uint8_t)word[i])
            return false;
    }
    return true;
}

static bool is_one_of(const uint8_t *text, size_t length, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (equals(text, length, *words))
            return true;
    }
    return false;
}

/* Schemes whose authority begins behind any number of slashes, or none. */
static const char *const special_schemes[] = {"http", "https", "ftp", "ws", "wss", NULL};
/* Schemes with another URL behind the colon. */
static const char *const wrapper_schemes[] = {"view-source", "blob", "filesystem", NULL};
/* Schemes that never name a host to fetch from, even with an '@' in them. */
static const char *const hostless_schemes[] = {"mailto", "javascript", "data",  "about",
                                               "tel",    "sms",        "sip",   "sips",
                                               "xmpp",   "acct",       "urn",   NULL};

bool csm_is_special_scheme(const uint8_t *text, size_t length)
{
    return is_one_of(text, length, special_schemes);
}

bool csm_begins_url(const uint8_t *text, size_t length)
{
    return is_one_of(text, length, special_schemes) || is_one_of(text, length, wrapper_schemes);
}

/* How many bytes of `text` in front are to be trimmed: C0 controls, space,
 * NBSP, BOM, U+2028 and U+2029. `back` looks from the end. */
static size_t blank(const uint8_t *text, size_t length, bool back)
{
    static const char *const wide[] = {"\xC2\xA0", "\xEF\xBB\xBF", "\xE2\x80\xA8", "\xE2\x80\xA9"};
    if (length == 0)
        return 0;
    if (text[back ? length - 1 : 0] <= 0x20)
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        size_t size = strlen(wide[i]);
        if (length >= size && memcmp(back ? text + length - size : text, wide[i], size) == 0)
            return size;
    }
    return 0;
}

/* Trims both ends and removes TAB, CR and LF. Returns the new length. */
static size_t clean(uint8_t *text, size_t length)
{
    size_t n, start = 0, out = 0;
    while ((n = blank(text + start, length - start, false)) > 0)
        start += n;
    while ((n = blank(text + start, length - start, true)) > 0)
        length -= n;
    for (size_t i = start; i < length; i++) {
        if (text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
            text[out++] = text[i];
    }
    return out;
}

size_t csm_scheme_length(const uint8_t *text, size_t length)
{
    if (length == 0 || !is_letter(text[0]))
        return 0;
    for (size_t i = 1; i < length; i++) {
        uint8_t c = text[i];
        if (c == ':')
            return i;
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.')
            return 0;
    }
    return 0;
}

/* True for "http%3A%2F...", encoded as a whole, once or more often, be it with
 * the letters of the scheme or without: decodes as csm_percent_decode does, as
 * far as an encoded colon. Two bytes wait for each time it was encoded.
 * `begins` decides about what is in front of the colon. */
static bool encoded_whole(const uint8_t *text, size_t length,
                          bool (*begins)(const uint8_t *text, size_t length))
{
    uint8_t head[LONGEST_SCHEME + 1 + 2 * MAX_NESTING];
    size_t n = 0;
    for (size_t i = 0; i < length && n < sizeof head && text[i] != ':'; i++) {
        head[n++] = text[i];
        while (n >= 3 && head[n - 3] == '%') {
            int high = csm_hex_value(head[n - 2]), low = csm_hex_value(head[n - 1]);
            if ((high | low) < 0)
                break;
            n -= 2;
            head[n - 1] = (uint8_t)(high << 4 | low);
            if (head[n - 1] == ':')
                return begins(head, n - 1);
        }
    }
    return false;
}

static size_t decode_once(uint8_t *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length) {
            int high = csm_hex_value(text[i + 1]), low = csm_hex_value(text[i + 2]);
            if ((high | low) >= 0) {
                text[n++] = (uint8_t)(high << 4 | low);
                i += 2;
                continue;
            }
        }
        text[n++] = text[i];
    }
    return n;
}

/* Takes wrappers off until a plain URL is left, at *start. */
static csamatch_status unwrap(uint8_t *text, size_t *length, bool refang, uint32_t *flags)
{
    for (int depth = 0; depth <= MAX_NESTING; depth++) {
        *length = clean(text, *length);
        size_t scheme = csm_scheme_length(text, *length);
        if (scheme > 0 && is_one_of(text, scheme, wrapper_schemes)) {
            *length -= scheme + 1;
            memmove(text, text + scheme + 1, *length);
        } else if (encoded_whole(text, *length, csm_begins_url)) {
            *length = decode_once(text, *length);
        } else if (refang && encoded_whole(text, *length, csm_is_defanged)) {
            *length = decode_once(text, *length);
            *flags |= CSAMATCH_ADDRESS_REFANGED;
        } else {
            return CSAMATCH_OK;
        }
        *flags |= CSAMATCH_ADDRESS_WRAPPED;
    }
    return CSAMATCH_ERROR_NESTING;
}

static size_t authority_end(const uint8_t *text, size_t length, size_t at)
{
    while (at < length && !csm_is_slash(text[at]) && text[at] != '?' && text[at] != '#')
        at++;
    return at;
}

/* "name:" without "//" behind it: a scheme, or a host with a port, or a user
 * with a password? True when what is in front belongs to the authority. */
static bool colon_in_authority(const uint8_t *text, size_t length, size_t colon)
{
    if (is_one_of(text, colon, hostless_schemes))
        return false;
    size_t end = authority_end(text, length, colon + 1), digits = colon + 1;
    if (csm_is_bare_ipv6(text, end))
        return true;
    while (digits < end && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    if (digits == end && digits > colon + 1)
        return true;
    return memchr(text, '.', colon) != NULL || memchr(text + colon, '@', end - colon) != NULL;
}

static csamatch_status find_authority(const uint8_t *text, size_t length, size_t *start)
{
    size_t at = 0, colon = csm_scheme_length(text, length);
    bool any_slashes = true;
    if (colon > 0 && csm_is_special_scheme(text, colon)) {
        at = colon + 1;
    } else if (colon > 0 && colon + 2 < length && csm_is_slash(text[colon + 1]) &&
               csm_is_slash(text[colon + 2])) {
        at = colon + 3;
        any_slashes = false;
    } else if (colon > 0 && !colon_in_authority(text, length, colon)) {
        return CSAMATCH_ERROR_NO_HOST;
    }
    while (any_slashes && at < length && csm_is_slash(text[at]))
        at++;
    *start = at;
    return CSAMATCH_OK;
}

/* Cuts userinfo and port off the authority [*start, *end), leaving the host. */
static void trim_authority(const uint8_t *text, size_t *start, size_t *end,
                           csamatch_address *address)
{
    for (size_t i = *end; i > *start; i--) {
        if (text[i - 1] == '@') {
            *start = i;
            address->flags |= CSAMATCH_ADDRESS_USERINFO;
            break;
        }
    }
    size_t colon = *end;
    while (colon > *start && text[colon - 1] != ':' && text[colon - 1] != ']')
        colon--;
    if (colon == *start || text[colon - 1] == ']')
        return;
    if (csm_is_bare_ipv6(text + *start, *end - *start)) {
        address->flags |= CSAMATCH_ADDRESS_REFUSED;
        return;
    }
    uint32_t port = 0;
    for (size_t i = colon; i < *end; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        port = digit && port <= 65535 ? port * 10 + (uint32_t)(text[i] - '0') : 65536;
    }
    if (port > 65535)
        address->flags |= CSAMATCH_ADDRESS_REFUSED;
    else if (colon < *end)
        address->port = (int32_t)port;
    address->flags |= CSAMATCH_ADDRESS_PORT;
    *end = colon - 1;
}

/* The port that a URL without one means. */
static int32_t own_port(const uint8_t *text, size_t length)
{
    size_t scheme = csm_scheme_length(text, length);
    if (equals(text, scheme, "https") || equals(text, scheme, "wss"))
        return 443;
    return equals(text, scheme, "ftp") ? 21 : 80;
}

/* Common beginning: checks arguments and finds room at the end of the output,
 * where a copy of the text is worked on; the result never reaches it because it
 * takes at most three bytes for each one consumed, and SLACK. */
static csamatch_status begin(const char *text, size_t length, uint8_t *out, size_t capacity,
                             csamatch_address *address, uint8_t **work)
{
    if ((text == NULL && length > 0) || out == NULL || address == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    size_t need = csamatch_address_capacity(length);
    if (need == 0)
        return CSAMATCH_ERROR_ARGUMENT;
    if (capacity < need)
        return CSAMATCH_ERROR_SPACE;
    *address = (csamatch_address){.port = -1};
    *work = out + 3 * length + SLACK;
    return CSAMATCH_OK;
}

static void copy(uint8_t *work, const char *text, size_t length)
{
    if (length > 0)
        memcpy(work, text, length);
}

/* By the rules in full, from `work`. */
static csamatch_status normalize(uint8_t *work, size_t length, uint32_t readings, uint8_t *out,
                                 csamatch_address *address)
{
    bool refang = (readings & CSAMATCH_READ_REFANG) != 0;
    csamatch_status status = unwrap(work, &length, refang, &address->flags);
    if (status == CSAMATCH_OK && refang)
        length = csm_refang(work, length, &address->flags);
    size_t start, end;
    if (status == CSAMATCH_OK)
        status = find_authority(work, length, &start);
    if (status != CSAMATCH_OK)
        return status;
    size_t rest = end = authority_end(work, length, start);
    trim_authority(work, &start, &end, address);
    if (address->port == own_port(work, length))
        address->flags &= ~(uint32_t)CSAMATCH_ADDRESS_PORT;
    status = csm_host_canonical(work + start, end - start, readings, out, &address->host_length,
                                &address->flags);
    if (status == CSAMATCH_OK)
        csm_path_write(work, rest, length, readings, out, address);
    return status;
}

csamatch_status csm_url_in_full(const char *text, size_t length, uint32_t readings, uint8_t *out,
                                size_t capacity, csamatch_address *address)
{
    uint8_t *work;
    csamatch_status status = begin(text, length, out, capacity, address, &work);
    if (status != CSAMATCH_OK)
        return status;
    copy(work, text, length);
    return normalize(work, length, readings, out, address);
}

csamatch_status csamatch_url_normalize(const char *text, size_t length, uint32_t readings,
                                       uint8_t *out, size_t capacity, csamatch_address *address)
{
    uint8_t *work;
    csamatch_status status = begin(text, length, out, capacity, address, &work);
    if (status != CSAMATCH_OK ||
        csm_plain_url((const uint8_t *)text, length, readings, out, work, address))
        return status;
    copy(work, text, length);
    return normalize(work, length, readings, out, address);
}

csamatch_status csamatch_host_normalize(const char *text, size_t length, uint8_t *out,
                                        size_t capacity, csamatch_address *address)
{
    uint8_t *work;
    csamatch_status status = begin(text, length, out, capacity, address, &work);
    if (status != CSAMATCH_OK)
        return status;
    copy(work, text, length);
    length = clean(work, length);
    size_t colons = 0;
    for (size_t i = 0; i < length; i++) {
        if (csm_is_slash(work[i]) || strchr("?#@ ", work[i]) != NULL)
            return CSAMATCH_ERROR_HOST;
        colons += work[i] == ':';
    }
    if (colons >= 2 && work[0] != '[') {
        memmove(work + 1, work, length);
        work[0] = '[';
        work[length + 1] = ']';
        length += 2;
    } else if (colons == 1) {
        return CSAMATCH_ERROR_HOST;
    }
    status = csm_host_canonical(work, length, 0, out, &address->host_length, &address->flags);
    address->length = address->host_length;
    return status;
}
