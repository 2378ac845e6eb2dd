/* The fast path for URLs that are nearly canonical as they stand: http or https
 * or no scheme, a host of letters, digits, '-', '_' and single dots, ASCII
 * throughout. Whatever is not so plain is left to the rules in full, which give
 * the same bytes for what is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Part of every x86-64, so there is nothing to choose at run time. */
#if defined(__SSE2__) && defined(__GNUC__)
#define HAVE_WIDE 1
#include <emmintrin.h>
#endif

enum {
    STEP = 16,     /* bytes looked at at once; as many are readable behind a text */
    HOST_MOST = 64 /* longer hosts are left to the rules in full */
};

/* What the scan of a path and a query found. */
typedef struct rest {
    size_t end;  /* where the fragment begins, or the text ends */
    size_t mark; /* where the query begins, or `end` */
    bool plain;  /* canonical as it stands */
    bool ascii;  /* without control characters and spaces too */
} rest;

#ifdef HAVE_WIDE
static inline __m128i load(const uint8_t *text)
{
    return _mm_loadu_si128((const __m128i *)(const void *)text);
}

static inline __m128i equal(__m128i text, char c)
{
    return _mm_cmpeq_epi8(text, _mm_set1_epi8(c));
}

static inline __m128i between(__m128i text, char low, char high)
{
    __m128i from = _mm_sub_epi8(text, _mm_set1_epi8(low));
    /* Subtraction that stops at zero leaves zero up to the bound. */
    return _mm_cmpeq_epi8(_mm_subs_epu8(from, _mm_set1_epi8((char)(high - low))),
                          _mm_setzero_si128());
}

static inline unsigned bits(__m128i mask)
{
    return (unsigned)_mm_movemask_epi8(mask);
}

/* Puts the host in front of `text` into lower case; returns its length, and in
 * *dots which of its bytes are dots. */
static size_t fold_host(uint8_t *text, uint64_t *dots)
{
    static const uint8_t first[2 * STEP] = {255, 255, 255, 255, 255, 255, 255, 255,
                                            255, 255, 255, 255, 255, 255, 255, 255};
    *dots = 0;
    for (unsigned at = 0; at < HOST_MOST; at += STEP) {
        __m128i as_is = load(text + at);
        __m128i upper = _mm_and_si128(between(as_is, 'A', 'Z'), _mm_set1_epi8(0x20));
        __m128i lower = _mm_or_si128(as_is, upper);
        __m128i good = _mm_or_si128(between(lower, 'a', 'z'), equal(as_is, '_'));
        good = _mm_or_si128(good, _mm_andnot_si128(equal(as_is, '/'), between(as_is, '-', '9')));
        unsigned bad = bits(good) ^ 0xFFFF;
        unsigned count = bad != 0 ? (unsigned)__builtin_ctz(bad) : STEP;
        upper = _mm_and_si128(upper, load(first + STEP - count));
        _mm_storeu_si128((__m128i *)(void *)(text + at), _mm_or_si128(as_is, upper));
        *dots |= (uint64_t)(bits(equal(as_is, '.')) & ((1u << count) - 1)) << at;
        if (bad != 0)
            return at + count;
    }
    return HOST_MOST;
}

static rest scan_rest(const uint8_t *text, size_t length)
{
    rest found = {length, SIZE_MAX, true, true};
    unsigned before = 0; /* 1 when the byte in front is a slash of the path */
    for (size_t at = 0; at < found.end; at += STEP) {
        __m128i block = load(text + at);
        unsigned live = length - at < STEP ? (1u << (length - at)) - 1 : 0xFFFF;
        unsigned hash = bits(equal(block, '#')) & live;
        if (hash != 0) {
            found.end = at + (unsigned)__builtin_ctz(hash);
            live &= (hash & (0 - hash)) - 1;
        }
        /* Signed: what is not ASCII is negative. */
        unsigned odd = bits(_mm_cmplt_epi8(block, _mm_set1_epi8(0x21)));
        unsigned escaped = bits(_mm_or_si128(equal(block, '%'), equal(block, 0x7F)));
        if ((odd & live) != 0)
            found.ascii = false;
        if (found.mark == SIZE_MAX) {
            __m128i slashes = equal(block, '/');
            unsigned mark = bits(equal(block, '?')) & live, path = live;
            if (mark != 0) {
                found.mark = at + (unsigned)__builtin_ctz(mark);
                path &= (mark & (0 - mark)) - 1;
            }
            unsigned slash = bits(slashes) & path;
            unsigned follow = bits(_mm_or_si128(slashes, equal(block, '.')));
            escaped |= ((slash << 1 | before) & follow & path) |
                       (bits(equal(block, '\\')) & path);
            before = slash >> (STEP - 1);
        }
        if ((escaped & live) != 0)
            found.plain = false;
    }
    if (found.mark == SIZE_MAX)
        found.mark = found.end;
    return found;
}
#else
static size_t fold_host(uint8_t *text, uint64_t *dots)
{
    *dots = 0;
    for (size_t i = 0; i < HOST_MOST; i++) {
        uint8_t c = text[i];
        if (c >= 'A' && c <= 'Z')
            text[i] = (uint8_t)(c | 0x20);
        else if (c == '.')
            *dots |= UINT64_C(1) << i;
        else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return i;
    }
    return HOST_MOST;
}

static rest scan_rest(const uint8_t *text, size_t length)
{
    rest found = {length, SIZE_MAX, true, true};
    bool after_slash = false;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = text[i];
        if (c == '#') {
            found.end = i;
            break;
        }
        if (c <= 0x20 || c >= 0x80)
            found.ascii = false;
        if (c == '%' || c == 0x7F)
            found.plain = false;
        if (found.mark != SIZE_MAX)
            continue;
        if (c == '?')
            found.mark = i;
        else if (c == '\\' || (after_slash && (c == '/' || c == '.')))
            found.plain = false;
        after_slash = c == '/';
    }
    if (found.mark == SIZE_MAX)
        found.mark = found.end;
    return found;
}
#endif

/* No dot in front, behind, or beside another, and no number last, which would
 * make it an IPv4 address. */
static bool is_plain_name(const uint8_t *host, size_t length, uint64_t dots)
{
    if (length == 0 || length >= HOST_MOST)
        return false;
    size_t last = length - 1;
    while (last > 0 && (dots >> (last - 1) & 1) == 0)
        last--;
    bool numeric = host[last] >= '0' && host[last] <= '9';
    return !numeric && (dots & 1) == 0 && (dots >> (length - 1) & 1) == 0 &&
           (dots & dots >> 1) == 0;
}

/* Reads ":port" at `text`: how many bytes, 0 when it is nothing plain. */
static size_t read_port(const uint8_t *text, int32_t *port)
{
    enum { DIGITS = 5 };
    int32_t value = 0;
    size_t at = 1;
    for (; at <= DIGITS && text[at] >= '0' && text[at] <= '9'; at++)
        value = value * 10 + (text[at] - '0');
    if (at == 1 || value > 65535)
        return 0;
    *port = value;
    return at;
}

bool csm_plain_url(const uint8_t *text, size_t length, uint32_t readings, uint8_t *out,
                   uint8_t *work, csamatch_address *address)
{
    size_t start = 0;
    int32_t own_port = 0;
    if (length >= 8 && memcmp(text, "https://", 8) == 0) {
        start = 8;
        own_port = 443;
    } else if (length >= 7 && memcmp(text, "http://", 7) == 0) {
        start = 7;
        own_port = 80;
    }
    length -= start;
    if (length == 0)
        return false;
    memcpy(out, text + start, length);
    memset(out + length, 0, STEP);
    uint64_t dots;
    size_t host = fold_host(out, &dots), at = host;
    if (!is_plain_name(out, host, dots) || host > length)
        return false;
    if (out[at] == ':' && own_port != 0)
        at += read_port(out + at, &address->port);
    if (at < length && out[at] != '/' && out[at] != '?' && out[at] != '#')
        return false;
    rest found = scan_rest(out + at, length - at);
    if (!found.ascii)
        return false;
    if (address->port >= 0 && address->port != own_port)
        address->flags |= CSAMATCH_ADDRESS_PORT;
    address->host_length = host;
    if (!found.plain) {
        memcpy(work, out + at, found.end);
        csm_path_write(work, 0, found.end, readings, out, address);
        return true;
    }
    size_t slash = found.mark == 0; /* a path of "/" goes without saying */
    if (at != host + slash)
        memmove(out + host + slash, out + at, found.end);
    out[host] = '/';
    address->path_length = slash + found.mark;
    address->length = host + slash + found.end;
    return true;
}
