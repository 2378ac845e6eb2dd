/* What the files that find links in text share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_LINKS_H
#define CSAMATCH_LINKS_H

#include "internal.h"

/* What a character is to somebody who looks for the ends of a link. */
typedef enum csm_character {
    CSM_CHAR_END,      /* blanks, controls, punctuation, what is no UTF-8 */
    CSM_CHAR_DASH,     /* the same in a host, but may stand in a path */
    CSM_CHAR_DOT,      /* a full stop that is a dot in a host */
    CSM_CHAR_PLAIN,    /* letters and digits, '-' and '_' */
    CSM_CHAR_UNSPACED, /* letters of scripts that put no blanks between words */
    CSM_CHAR_SYMBOL,   /* emoji, arrows, dingbats */
    CSM_CHAR_HIDDEN    /* ignored in a host, and never its last character */
} csm_character;

/* What the first character of `text`, which is not ASCII, is, and how many
 * bytes it has; `length` is not 0. */
csm_character csm_character_at(const uint8_t *text, size_t length, size_t *width);

/* A text that is searched. */
typedef struct csm_scanner {
    const uint8_t *text;
    size_t length;
    bool refang;
} csm_scanner;

/* A run of labels with dots between them. */
typedef struct csm_name {
    size_t start;
    size_t end;
    size_t read; /* end, or behind the middle dots that end leaves out */
    size_t last; /* where the last label begins */
    size_t dots;
    bool defanged;
} csm_name;

static inline bool csm_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool csm_is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool csm_is_letter(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool csm_is_escape(const csm_scanner *s, size_t at)
{
    return s->length - at >= 3 && s->text[at] == '%' && csm_hex_value(s->text[at + 1]) >= 0 &&
           csm_hex_value(s->text[at + 2]) >= 0;
}

/* A byte that is a character of a label by itself. */
static inline bool csm_is_plain(uint8_t c)
{
    return csm_is_letter(c) || csm_is_digit(c) || c == '-' || c == '_';
}

/* What stands at `at`, and its width; END, of width 0, behind the text. */
static inline csm_character csm_look(const csm_scanner *s, size_t at, size_t *width)
{
    *width = at < s->length;
    if (at >= s->length)
        return CSM_CHAR_END;
    uint8_t c = s->text[at];
    if (c < 0x80)
        return csm_is_plain(c) ? CSM_CHAR_PLAIN : c == '.' ? CSM_CHAR_DOT : CSM_CHAR_END;
    return csm_character_at(s->text + at, s->length - at, width);
}

static inline bool csm_is_foreign(csm_character what)
{
    return what == CSM_CHAR_UNSPACED || what == CSM_CHAR_SYMBOL;
}

static inline bool csm_in_label(csm_character what)
{
    return what == CSM_CHAR_PLAIN || csm_is_foreign(what);
}

/* Reads a name from `at`, where a label begins. In a bare one no label holds
 * both letters of a script that puts no blanks between words and others: it
 * ends between them. Behind a scheme only the last label does. */
csm_name csm_read_name(const csm_scanner *s, size_t at, bool bare);

/* Where the host of an authority at `at` begins: behind its last '@'. `mark`
 * is the byte in front of the link. */
size_t csm_skip_userinfo(const csm_scanner *s, size_t at, uint8_t mark);

/* The end of a link whose host ends at `at`: port, path, query, fragment.
 * `mark` is the byte in front of the link. Sets *defanged if there is "[:]". */
size_t csm_link_end(const csm_scanner *s, size_t at, uint8_t mark, bool *defanged);

#endif
