/* Finding links in text: where one begins, of which kind it is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

/* A bare host of more bytes is none: DNS ends at 253, defanged dots included
 * it may take a few more. */
enum { LONGEST_BARE = 1024 };

/* The longest text between the brackets of an IPv6 address and its zone. */
enum { LONGEST_IPV6 = 64 };

static uint8_t mark_before(const csm_scanner *s, size_t start)
{
    return start > 0 ? s->text[start - 1] : 0;
}

/* The name in front of a colon as a scheme, [*start, end): its last bytes. */
typedef struct scheme {
    size_t start;
    bool known;    /* behind it, any number of slashes will do */
    bool defanged; /* a false name */
} scheme;

/* True when text[start, end) ends with `word`; then *at is where. */
static bool ends_with(const csm_scanner *s, size_t start, size_t end, const char *word, size_t *at)
{
    size_t size = strlen(word);
    if (end - start < size || csm_begins(s->text + end - size, size, word) == 0)
        return false;
    *at = end - size;
    return true;
}

static bool find_scheme(const csm_scanner *s, size_t floor, const csm_name *run, scheme *found)
{
    static const char *const joined[] = {"https", "http", NULL};
    static const char *const whole[] = {"ftps", "ftp", "wss", "ws", NULL};
    static const char *const false_names[] = {"hxxps", "hxxp", "meows", "meow", NULL};
    static const char *const starred[] = {"h**ps", "h**p", NULL};
    size_t start = run->end, end = run->end;
    while (start > run->start && (csm_is_letter(s->text[start - 1]) || csm_is_digit(s->text[start - 1]) ||
                                  s->text[start - 1] == '-'))
        start--;
    while (start < end && !csm_is_letter(s->text[start]))
        start++;
    *found = (scheme){.known = true, .start = start};
    for (size_t i = 0; joined[i] != NULL; i++) {
        if (ends_with(s, start, end, joined[i], &found->start))
            return true;
    }
    for (size_t i = 0; whole[i] != NULL; i++) {
        if (ends_with(s, start, end, whole[i], &found->start) && found->start == start)
            return true;
    }
    found->defanged = true;
    for (size_t i = 0; s->refang && false_names[i] != NULL; i++) {
        if (ends_with(s, start, end, false_names[i], &found->start))
            return true;
    }
    for (size_t i = 0; s->refang && starred[i] != NULL; i++) {
        if (ends_with(s, floor, end, starred[i], &found->start))
            return true;
    }
    *found = (scheme){.start = start};
    return end - start >= 2;
}

/* Where the authority begins behind the scheme that ends at `at`, or 0. */
static size_t authority_start(const csm_scanner *s, size_t at, const scheme *found, bool *defanged)
{
    const uint8_t *text = s->text + at;
    size_t left = s->length - at;
    bool may = s->refang && found->known;
    if (may && csm_begins(text, left, "[://]") > 0) {
        *defanged = true;
        return at + 5;
    }
    size_t colon = may ? csm_begins(text, left, "[:]") : 0;
    *defanged = found->defanged || colon > 0;
    if (colon == 0 && (colon = csm_begins(text, left, ":")) == 0)
        return 0;
    if (!found->known)
        return csm_begins(text, left, "://") > 0 ? at + 3 : 0;
    size_t start = at += colon;
    while (at < s->length && csm_is_slash(s->text[at]) &&
           !(s->refang && csm_defanged_dot(s->text + at, s->length - at) > 0))
        at++;
    return at > start ? at : 0;
}

/* What may stand in an IPv6 address or its zone (RFC 6874). */
static bool in_address(uint8_t c)
{
    return csm_is_plain(c) || c == ':' || c == '.' || c == '%' || c == '~';
}

/* The end of the IPv6 address in brackets at `at`, or `at` if there is none. */
static size_t ipv6_end(const csm_scanner *s, size_t at)
{
    uint16_t pieces[8];
    size_t zone = 0, end = at + 1;
    while (end < s->length && end - at <= LONGEST_IPV6 && in_address(s->text[end])) {
        if (s->text[end] == '%' && zone == 0)
            zone = end;
        end++;
    }
    if (end >= s->length || s->text[end] != ']' ||
        !csm_ipv6_parse(s->text + at + 1, (zone > 0 ? zone : end) - at - 1, pieces))
        return at;
    return end + 1;
}

/* The end of the host at `at`, or `at` if there is none. */
static size_t host_end(const csm_scanner *s, size_t at, bool *defanged)
{
    size_t width;
    if (at < s->length && s->text[at] == '[')
        return ipv6_end(s, at);
    if (!csm_in_label(csm_look(s, at, &width)) && (at >= s->length || !csm_is_escape(s, at)))
        return at;
    csm_name host = csm_read_name(s, at, false);
    *defanged = *defanged || host.defanged;
    size_t end = host.end, next;
    /* The next link, stuck to this one. */
    if (s->length - end >= 3 && memcmp(s->text + end, "://", 3) == 0 &&
        (ends_with(s, at, end, "https", &next) || ends_with(s, at, end, "http", &next)) &&
        next > at)
        return next;
    uint8_t c = end < s->length ? s->text[end] : ' ';
    while (end > at + 1 && !csm_is_slash(c) && c != ':' && c != '?' && c != '#' &&
           (s->text[end - 1] == '_' || s->text[end - 1] == '-'))
        end--; /* "_http://host_" */
    return end;
}

/* True where the host that ends at `end`, and the link with it, may have run
 * into the next sentence: "host.Next". */
static bool may_be_sentence(const csm_scanner *s, size_t start, size_t end)
{
    size_t at = end;
    while (at > start && csm_is_plain(s->text[at - 1]))
        at--;
    if (at == end || at < start + 2 || s->text[at - 1] != '.' || !csm_is_upper(s->text[at]))
        return false;
    uint8_t before = s->text[at - 2];
    return csm_is_plain(before) && !csm_is_upper(before);
}

static uint32_t kind_of(const csm_scanner *s, uint32_t kind, bool defanged, size_t host, size_t end)
{
    if (defanged)
        kind |= CSAMATCH_LINK_DEFANGED;
    if (may_be_sentence(s, host, end))
        kind |= CSAMATCH_LINK_SENTENCE;
    return kind;
}

/* A link with a scheme, which ends the run. */
static bool read_url(const csm_scanner *s, size_t floor, const csm_name *run, csamatch_link *link)
{
    scheme found;
    bool defanged = false;
    if (run->end >= s->length || (s->text[run->end] != ':' && s->text[run->end] != '[') ||
        !find_scheme(s, floor, run, &found))
        return false;
    size_t authority = authority_start(s, run->end, &found, &defanged);
    if (authority == 0)
        return false;
    uint8_t mark = mark_before(s, found.start);
    size_t host = csm_skip_userinfo(s, authority, mark), end = host_end(s, host, &defanged);
    if (end == host && host > authority) { /* "http://host:...@" and nothing more */
        host = authority;
        end = host_end(s, host, &defanged);
    }
    if (end == host)
        return false;
    link->start = found.start;
    link->end = csm_link_end(s, end, mark, &defanged);
    link->kind = kind_of(s, CSAMATCH_LINK_URL, defanged, host, link->end > end ? host : end);
    return true;
}

/* True when what stands in front of a bare host speaks against it: it is part
 * of a path, an address of mail, a variable. */
static bool begins_badly(const csm_scanner *s, size_t start)
{
    if (start == 0)
        return false;
    if (s->text[start - 1] == '/' && start >= 2 && s->text[start - 2] == '/') {
        uint8_t c = start >= 3 ? s->text[start - 3] : ' ';
        return c >= 0x80 || csm_is_letter(c) || csm_is_digit(c) || strchr(":/\\._-", c) != NULL;
    }
    return strchr("/\\@%$#~", s->text[start - 1]) != NULL;
}

static bool read_bare(const csm_scanner *s, const csm_name *run, csamatch_link *link, size_t *host)
{
    size_t start = run->start, end = run->end, letters = 0;
    while (start < end && (s->text[start] == '-' || s->text[start] == '_'))
        start++;
    while (end > run->last && (s->text[end - 1] == '-' || s->text[end - 1] == '_'))
        end--;
    if (run->dots == 0 || start >= run->last || end - start > LONGEST_BARE || end < run->last + 1 ||
        begins_badly(s, start))
        return false;
    for (size_t i = run->last; i < end; i++) {
        if (s->text[i] == '_')
            return false;
        letters += csm_is_letter(s->text[i]) || s->text[i] >= 0x80;
    }
    if (!run->defanged && (letters < 2 || csm_is_digit(s->text[run->last])))
        return false;
    bool scheme_like = end + 2 < s->length && s->text[end] == ':' &&
                       csm_is_slash(s->text[end + 1]) && csm_is_slash(s->text[end + 2]);
    if (end < s->length && (s->text[end] == '@' || scheme_like))
        return false;
    bool defanged = run->defanged;
    *host = end;
    link->start = start;
    link->end = csm_link_end(s, end, mark_before(s, start), &defanged);
    link->kind = kind_of(s, CSAMATCH_LINK_HOST, defanged, start, link->end > end ? start : end);
    return true;
}

/* The run that begins at `at`; empty where none does, with *width to skip. */
static csm_name next_run(const csm_scanner *s, size_t at, size_t *width)
{
    csm_character what = csm_look(s, at, width);
    if (s->refang && (s->text[at] | 0x20) == 'h' && csm_begins(s->text + at, s->length - at, "h**p") > 0) {
        size_t end = at + 4 + csm_begins(s->text + at + 4, s->length - at - 4, "s");
        return (csm_name){.start = at, .end = end, .read = end, .last = at};
    }
    if (csm_in_label(what))
        return csm_read_name(s, at, true);
    return (csm_name){.start = at, .end = at, .last = at};
}

csamatch_status csamatch_links_find(const char *text, size_t length, uint32_t readings,
                                    csamatch_link_cursor *cursor, csamatch_link *links,
                                    size_t capacity, size_t *count)
{
    if ((text == NULL && length > 0) || cursor == NULL || (links == NULL && capacity > 0) ||
        count == NULL || cursor->at > length)
        return CSAMATCH_ERROR_ARGUMENT;
    const csm_scanner s = {(const uint8_t *)text, length, (readings & CSAMATCH_READ_REFANG) != 0};
    size_t at = cursor->at, n = 0, width;
    while (at < length && n < capacity) {
        if (s.text[at] < 0x80 && !csm_is_plain(s.text[at])) {
            at++;
            continue;
        }
        csm_name run = next_run(&s, at, &width);
        if (run.end == run.start) {
            at += width;
        } else if (read_url(&s, at, &run, &links[n])) {
            at = links[n++].end;
        } else {
            at = run.read; /* nothing begins in front, and to read it again takes time */
            size_t host;
            if (run.start >= cursor->bare && read_bare(&s, &run, &links[n], &host)) {
                cursor->bare = links[n++].end;
                at = host;
            }
        }
    }
    cursor->at = at;
    *count = n;
    return CSAMATCH_OK;
}
