/* Undoing what people do to URLs so that nobody follows them by mistake.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

size_t csm_begins(const uint8_t *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    if (size > length)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (lower(text[i]) != (uint8_t)word[i])
            return 0;
    }
    return size;
}

/* The first of `words` with which `text` begins: its length, or 0. */
static size_t begins_any(const uint8_t *text, size_t length, const char *const *words)
{
    size_t size = 0;
    for (; *words != NULL && size == 0; words++)
        size = csm_begins(text, length, *words);
    return size;
}

static const char *const false_names[] = {"hxxp", "h**p", "meow", NULL};

bool csm_is_defanged(const uint8_t *name, size_t length)
{
    size_t size = begins_any(name, length, false_names);
    bool bracket = length > 0 && name[length - 1] == '['; /* of "[:]" or "[://]" */
    if (bracket)
        length--;
    if (size == 0)
        return bracket && csm_begins_url(name, length);
    return size + csm_begins(name + size, length - size, "s") == length;
}

/* Rewrites a defanged scheme ("hxxps", "h**p[:]"): the number of bytes read,
 * as many or more than those written, *written. Zero when there is none. */
static size_t refang_scheme(uint8_t *text, size_t length, size_t *written, bool *changed)
{
    static const char *const true_names[] = {"http", "ftp", NULL};
    static const char *const colons[] = {"[://]", "[:]", ":", NULL};
    size_t name = begins_any(text, length, false_names), read = name;
    if (read == 0)
        read = begins_any(text, length, true_names);
    if (read == 0)
        return 0;
    read += csm_begins(text + read, length - read, "s");
    size_t colon = begins_any(text + read, length - read, colons);
    if (colon == 0 || (name == 0 && colon == 1))
        return 0; /* not a scheme, or one that is as it should be */
    if (name > 0)
        memcpy(text, "http", 4);
    *written = read;
    text[(*written)++] = ':';
    if (colon == 5) {
        memcpy(text + *written, "//", 2);
        *written += 2;
    }
    *changed = true;
    return read + colon;
}

/* Where the authority begins, behind a scheme and slashes if any, looking from
 * `at`; "\." is a dot and no slash. */
static size_t skip_to_authority(const uint8_t *text, size_t length, size_t at)
{
    size_t scheme = at == 0 ? csm_scheme_length(text, length) : 0;
    if (scheme > 0 && (csm_is_special_scheme(text, scheme) ||
                       (scheme + 1 < length && text[scheme + 1] == '/')))
        at = scheme + 1;
    while (at < length && (text[at] == '/' || (text[at] == '\\' && at + 1 < length &&
                                               text[at + 1] != '.')))
        at++;
    return at;
}

size_t csm_defanged_dot(const uint8_t *text, size_t length)
{
    static const char *const dots[] = {"[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}", "\\.", NULL};
    return begins_any(text, length, dots);
}

size_t csm_refang(uint8_t *text, size_t length, uint32_t *flags)
{
    bool changed = false;
    size_t n = 0, read = refang_scheme(text, length, &n, &changed);
    size_t at = skip_to_authority(text, length, read);
    memmove(text + n, text + read, at - read);
    n += at - read;
    while (at < length && text[at] != '/' && text[at] != '?' && text[at] != '#') {
        size_t size = csm_defanged_dot(text + at, length - at);
        uint8_t put = size > 0 ? '.' : text[at];
        if (size == 0 && (size = csm_begins(text + at, length - at, "[:]")) > 0)
            put = ':';
        if (size == 0 && put == '\\')
            break; /* a slash to browsers */
        changed = changed || size > 0;
        text[n++] = put;
        at += size > 0 ? size : 1;
    }
    memmove(text + n, text + at, length - at);
    if (changed)
        *flags |= CSAMATCH_ADDRESS_REFANGED;
    return n + length - at;
}
