/* The canonical form of a path and a query.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

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

/* Encodes a decoded path (without its leading slash) or query. In a path, a
 * '?' came out of %3F: bare, it would begin a query. */
static size_t encode_part(uint8_t *part, size_t length, bool is_path, uint8_t *out)
{
    size_t n = 0;
    if (is_path)
        length = resolve_dots(part, length);
    for (size_t i = 0; i < length; i++)
        n += csm_percent_put(out + n, part[i],
                             csm_percent_needed(part[i]) || (is_path && part[i] == '?'));
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
