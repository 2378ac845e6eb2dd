/* Finding links in text: where names, and whole links, end.
 * SPDX-License-Identifier: Apache-2.0 */
#include "links.h"

/* True for the first bytes of defanged dots. */
static bool may_be_dot(uint8_t c)
{
    return c == '[' || c == '(' || c == '{' || c == '\\';
}

/* The width of the dot at `at` with a label on both sides, or 0. `before` is
 * what stands in front of it. A full stop that is not ASCII ends a sentence
 * rather than a label between scripts without blanks and others, or where a
 * capital follows a small letter. */
static size_t dot_between(const csm_scanner *s, size_t at, csm_character before, bool bare,
                          bool *defanged)
{
    size_t width, next_width, size = 0;
    csm_character what = csm_look(s, at, &width);
    if (s->refang && may_be_dot(s->text[at]))
        size = csm_defanged_dot(s->text + at, s->length - at);
    *defanged = size > 0;
    if (size > 0)
        width = size;
    else if (what != CSM_CHAR_DOT)
        return 0;
    csm_character next = csm_look(s, at + width, &next_width);
    if (!csm_in_label(next) && (bare || !csm_is_escape(s, at + width)))
        return 0;
    if (width == 1 || *defanged)
        return width;
    uint8_t last = s->text[at - 1];
    bool sentence = last >= 'a' && last <= 'z' && csm_is_upper(s->text[at + width]);
    if (bare)
        sentence = sentence || csm_is_foreign(before) || csm_is_foreign(next);
    return sentence || (csm_is_foreign(next) && !csm_is_foreign(before)) ? 0 : width;
}

/* What stands at `at`; behind a scheme, %XX is a letter. */
static csm_character look_in_name(const csm_scanner *s, size_t at, bool bare, size_t *width)
{
    if (!bare && csm_is_escape(s, at)) {
        *width = 3;
        return CSM_CHAR_PLAIN;
    }
    return csm_look(s, at, width);
}

/* True when text[start, end) ends with a middle dot and more: a letter within
 * words (Catalan), a semicolon behind them (Greek). */
static bool middle_dot(const csm_scanner *s, size_t start, size_t end)
{
    return end - start > 2 && (memcmp(s->text + end - 2, "\xC2\xB7", 2) == 0 ||
                               memcmp(s->text + end - 2, "\xCE\x87", 2) == 0);
}

csm_name csm_read_name(const csm_scanner *s, size_t at, bool bare)
{
    csm_name run = {.start = at, .end = at, .last = at};
    csm_character before = CSM_CHAR_END; /* the last one of this label */
    size_t width, cut = 0;               /* where such a label changes */
    for (; at < s->length; at += width) {
        csm_character what = look_in_name(s, at, bare, &width);
        if (what == CSM_CHAR_HIDDEN && before != CSM_CHAR_END)
            continue;
        if (csm_in_label(what)) {
            bool changed = before != CSM_CHAR_END && csm_is_foreign(what) != csm_is_foreign(before);
            if (changed && bare)
                break;
            if (changed && cut == 0 && csm_is_foreign(what))
                cut = run.end;
            before = what;
            run.end = at + width;
            continue;
        }
        bool defanged = false;
        width = before == CSM_CHAR_END ? 0 : dot_between(s, at, before, bare, &defanged);
        if (width == 0)
            break;
        run.dots++;
        run.defanged = run.defanged || defanged;
        run.last = at + width;
        before = CSM_CHAR_END;
        cut = 0;
    }
    if (cut > run.last)
        run.end = cut;
    run.read = run.end;
    while (middle_dot(s, run.last, run.end))
        run.end -= 2;
    return run;
}

/* Where the text of a link ends that reached `end`, without what belongs to
 * the sentence: punctuation, an opening bracket, the marks around the link. */
static size_t trim(const csm_scanner *s, size_t start, size_t end, uint8_t mark)
{
    while (end > start) {
        uint8_t c = s->text[end - 1];
        if (strchr(".,;:!?'\\([{", c) != NULL && c != 0)
            end--;
        else if (c == mark && strchr("*_~", c) != NULL)
            end--;
        else if (middle_dot(s, start, end))
            end -= 2;
        else if (end - start >= 3 && s->text[end - 3] == 0xE2 && s->text[end - 2] == 0x80 &&
                 c >= 0x90 && c <= 0x99)
            end -= 3; /* a dash or an apostrophe */
        else
            break;
    }
    return end;
}

/* True where another link begins behind the comma or semicolon at `at`. */
static bool link_follows(const csm_scanner *s, size_t at)
{
    const uint8_t *next = s->text + at + 1;
    size_t left = s->length - at - 1;
    return csm_begins(next, left, "http://") > 0 || csm_begins(next, left, "https://") > 0;
}

/* The depth of brackets of each kind in a path. */
typedef struct depths {
    size_t round, square, curly;
} depths;

/* Counts a bracket at `at`; false when it closes none that was opened here, or
 * begins a tag such as "[/url]". */
static bool count_bracket(const csm_scanner *s, size_t at, depths *open)
{
    uint8_t c = s->text[at];
    size_t *depth = c == '(' || c == ')' ? &open->round
                  : c == '[' || c == ']' ? &open->square
                                         : &open->curly;
    if (c == '[' && at + 1 < s->length && s->text[at + 1] == '/')
        return false;
    if (c == '(' || c == '[' || c == '{')
        ++*depth;
    else if (*depth > 0)
        --*depth;
    else
        return false;
    return true;
}

static bool is_open(const depths *open)
{
    return open->round + open->square + open->curly > 0;
}

/* An '@' between brackets, "host(me@mail)", is none of the link's; but behind
 * one that stays open it is. */
size_t csm_skip_userinfo(const csm_scanner *s, size_t at, uint8_t mark)
{
    depths open = {0};
    size_t host = at, within = 0, width;
    for (; at < s->length; at += width) {
        uint8_t c = s->text[at];
        width = 1;
        if (c >= 0x80 && csm_look(s, at, &width) == CSM_CHAR_END)
            break;
        if (c <= 0x20 || c == 0x7F || strchr("/\\?#<>\"`|", c) != NULL || (c == '\'' && mark == c))
            break;
        if (strchr("()[]{}", c) != NULL && !count_bracket(s, at, &open))
            break;
        if (!is_open(&open))
            within = 0;
        if (c == '@')
            *(is_open(&open) ? &within : &host) = at + 1;
    }
    return within > 0 ? within : host;
}

/* The end of path, query and fragment, which begin at `start`. `mark` is what
 * stands in front of the link. */
static size_t path_end(const csm_scanner *s, size_t start, uint8_t mark)
{
    depths open = {0};
    bool alphanumeric = false; /* the byte before is such, ASCII */
    size_t at = start, width;
    for (; at < s->length; at += width) {
        uint8_t c = s->text[at];
        width = 1;
        if (c >= 0x80) {
            csm_character what = csm_look(s, at, &width);
            if (what != CSM_CHAR_PLAIN && what != CSM_CHAR_DASH &&
                !(what == CSM_CHAR_UNSPACED && !alphanumeric))
                break;
            alphanumeric = false;
            continue;
        }
        if (c <= 0x20 || c == 0x7F || strchr("<>\"`|", c) != NULL || (c == '\'' && mark == c))
            break;
        if (strchr("()[]{}", c) != NULL && !count_bracket(s, at, &open))
            break;
        if ((c == ',' || c == ';') && link_follows(s, at))
            break;
        alphanumeric = csm_is_letter(c) || csm_is_digit(c);
    }
    return trim(s, start, at, mark);
}

/* True where an empty port may end: in front of a path that is more than a
 * slash, which would make a face (":/"). */
static bool path_begins(const csm_scanner *s, size_t at)
{
    size_t width;
    return at + 1 < s->length && csm_is_slash(s->text[at]) &&
           (csm_in_label(csm_look(s, at + 1, &width)) || csm_is_escape(s, at + 1));
}

/* The end of the port at `at`, or `at` where there is none. */
static size_t port_end(const csm_scanner *s, size_t at, bool *defanged)
{
    enum { MOST_DIGITS = 5 };
    size_t start = at, colon = 1;
    if (s->refang && csm_begins(s->text + at, s->length - at, "[:]") > 0)
        colon = 3;
    else if (at >= s->length || s->text[at] != ':')
        return start;
    at += colon;
    size_t digits = at;
    while (at < s->length && s->text[at] == '0')
        at++;
    size_t most = at + MOST_DIGITS;
    while (at < s->length && at <= most && csm_is_digit(s->text[at]))
        at++;
    bool ends = at >= s->length || !csm_is_plain(s->text[at]);
    if (at == digits ? !path_begins(s, at) : at > most || !ends)
        return start;
    *defanged = *defanged || colon == 3;
    return at;
}

/* Behind the root's dot, if one stands at `at` and the link goes on. */
static size_t skip_root(const csm_scanner *s, size_t at, bool *defanged)
{
    size_t width;
    if (csm_look(s, at, &width) != CSM_CHAR_DOT || at + width >= s->length)
        return at;
    size_t next = at + width;
    return csm_is_slash(s->text[next]) || port_end(s, next, defanged) > next ? next : at;
}

size_t csm_link_end(const csm_scanner *s, size_t at, uint8_t mark, bool *defanged)
{
    size_t certain = at, width;
    while (csm_look(s, at, &width) == CSM_CHAR_HIDDEN)
        at += width;
    size_t root = skip_root(s, at, defanged), port = port_end(s, root, defanged);
    if (port > root && csm_is_digit(s->text[port - 1]))
        certain = port;
    at = port;
    if (at < s->length && (csm_is_slash(s->text[at]) || s->text[at] == '?' || s->text[at] == '#')) {
        size_t end = path_end(s, at, mark);
        return end > at ? end : certain;
    }
    return certain;
}
