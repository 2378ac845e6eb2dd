/* The canonical form of a path and a query.
 * SPDX-License-Identifier: Apache-2.0 */
#include "wide.h"

/* How many bytes in front of a path hold no segment to resolve or to drop;
 * whole blocks only. */
static size_t resolved_blocks(const uint8_t *path, size_t length)
{
    size_t at = 0;
#ifdef CSM_WIDE
    unsigned before = 1;
    for (; at + CSM_WIDE <= length; at += CSM_WIDE) {
        __m128i block = csm_wide_load(path + at), slashes = csm_wide_equal(block, '/');
        unsigned slash = csm_wide_bits(slashes);
        unsigned follow = csm_wide_bits(_mm_or_si128(slashes, csm_wide_equal(block, '.')));
        unsigned back = csm_wide_bits(csm_wide_equal(block, '\\'));
        if ((((slash << 1 | before) & follow) | back) != 0)
            break;
        before = slash >> (CSM_WIDE - 1);
    }
#else
    (void)path;
    (void)length;
#endif
    return at;
}

/* True for a path, without its leading slash, that has no segment to resolve or
 * to drop. */
static bool is_resolved(const uint8_t *path, size_t length)
{
    size_t i = resolved_blocks(path, length);
    uint8_t before = i > 0 ? path[i - 1] : '/';
    for (; i < length; i++) {
        uint8_t c = path[i];
        if (c == '\\' || (before == '/' && (c == '/' || c == '.')))
            return false;
        before = c;
    }
    return true;
}

/* Resolves "." and ".." in a path without its leading slash, then drops empty
 * segments; in place. Returns the new length. */
static size_t resolve_dots(uint8_t *path, size_t length)
{
    size_t top = 0; /* kept: whole segments, each with its slash */
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && !csm_is_slash(path[end]))
            end++;
        size_t size = end - at;
        bool dot = size == 1 && path[at] == '.';
        bool dots = size == 2 && path[at] == '.' && path[at + 1] == '.';
        if (dots && top > 0) {
            do
                top--;
            while (top > 0 && path[top - 1] != '/');
        }
        if (!dot && !dots) {
            memmove(path + top, path + at, size);
            top += size;
            if (end < length)
                path[top++] = '/';
        }
        at = end + 1;
    }
    size_t n = 0;
    for (size_t i = 0; i < top; i++) {
        if (path[i] != '/' || (n > 0 && path[n - 1] != '/'))
            path[n++] = path[i];
    }
    return n;
}

static size_t decode_part(uint8_t *part, size_t length, uint32_t *flags)
{
    bool twice = false;
    length = csm_percent_decode(part, length, &twice);
    if (twice)
        *flags |= CSAMATCH_ADDRESS_DOUBLE_ESCAPE;
    return length;
}

#ifdef CSM_WIDE
/* True for a block of bytes that are written as they are. */
static inline bool is_clean(const uint8_t *text)
{
    __m128i block = csm_wide_load(text), low = csm_wide_low(block);
    __m128i marks = _mm_or_si128(csm_wide_equal(block, '#'), csm_wide_equal(block, '%'));
    __m128i others = _mm_or_si128(csm_wide_equal(block, '?'), csm_wide_equal(block, 0x7F));
    return csm_wide_bits(_mm_or_si128(_mm_or_si128(low, marks), others)) == 0;
}
#endif

/* Encodes a decoded path (without its leading slash) or query. In a path, a
 * '?' came out of %3F: bare, it would begin a query. */
static size_t encode_part(uint8_t *part, size_t length, bool is_path, uint8_t *out)
{
    size_t n = 0;
    if (is_path && !is_resolved(part, length))
        length = resolve_dots(part, length);
    for (size_t i = 0; i < length; i++) {
#ifdef CSM_WIDE
        for (; i + CSM_WIDE < length && is_clean(part + i); i += CSM_WIDE, n += CSM_WIDE)
            csm_wide_store(out + n, csm_wide_load(part + i));
#endif
        uint8_t c = part[i];
        if (c > '%' && c < 0x7F && c != '?') /* most of them */
            out[n++] = c;
        else
            n += csm_percent_put(out + n, c, csm_percent_needed(c) || (is_path && c == '?'));
    }
    return n;
}

/* Writes path and query of text[at..length) behind the host. */
void csm_path_write(uint8_t *text, size_t at, size_t length, uint32_t readings, uint8_t *out,
                    csamatch_address *address)
{
    const uint8_t *hash = memchr(text + at, '#', length - at);
    if (hash != NULL)
        length = (size_t)(hash - text);
    const uint8_t *mark = memchr(text + at, '?', length - at);
    size_t path_end = mark != NULL ? (size_t)(mark - text) : length;
    size_t n = address->host_length;
    /* text[at], if there is any, is the slash that ended the authority. */
    uint8_t *path = text + at + (at < path_end);
    size_t size = decode_part(path, path_end - (size_t)(path - text), &address->flags);
    uint8_t *open = memchr(path, '?', size);
    if (open != NULL)
        address->flags |= CSAMATCH_ADDRESS_OPEN_PATH;
    if ((readings & CSAMATCH_READ_OPEN_PATH) == 0)
        open = NULL;
    out[n++] = '/';
    n += encode_part(path, open != NULL ? (size_t)(open - path) : size, true, out + n);
    address->path_length = n - address->host_length;
    if (open != NULL) {
        out[n++] = '?';
        n += encode_part(open + 1, size - (size_t)(open + 1 - path), false, out + n);
    }
    if (mark != NULL) {
        uint8_t *query = text + path_end + 1;
        size = decode_part(query, length - path_end - 1, &address->flags);
        out[n++] = '?';
        n += encode_part(query, size, false, out + n);
    }
    address->length = n;
}
