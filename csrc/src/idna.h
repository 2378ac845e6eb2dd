/* Internationalised hosts: what unicode.c, nfc.c, punycode.c and idna.c share.
 * Text is an array of code points here.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_IDNA_H
#define CSAMATCH_IDNA_H

#include "internal.h"

/* A host that can exist has at most 253 bytes in ASCII, hence as many code
 * points, and each of them decomposes into four at most: 1,012. Whatever is
 * longer than this has no A-labels, but is written as %XX. */
#define CSM_NAME_CODES 1024

/* Code points that one of them can become when it is mapped (U+FDFA). */
#define CSM_EXPANSION_ROOM 18

enum { /* bits of csm_unicode_class.flags */
    CSM_VALID = 1, /* may stand in a host */
    CSM_MARK = 2,  /* may not stand in front (general category M) */
    CSM_SECOND = 4 /* can compose with what stands in front of it */
};

enum { /* as generate.py numbers them */
    CSM_BIDI_OTHER,
    CSM_BIDI_L,
    CSM_BIDI_R,
    CSM_BIDI_AL,
    CSM_BIDI_AN,
    CSM_BIDI_EN,
    CSM_BIDI_ES,
    CSM_BIDI_CS,
    CSM_BIDI_ET,
    CSM_BIDI_ON,
    CSM_BIDI_BN,
    CSM_BIDI_NSM
};

enum { CSM_JOINING_U, CSM_JOINING_L, CSM_JOINING_R, CSM_JOINING_D, CSM_JOINING_T };

typedef struct csm_unicode_class {
    uint8_t combining; /* canonical combining class; 9 is a virama */
    uint8_t bidi;
    uint8_t joining;
    uint8_t flags;
} csm_unicode_class;

/* What a code point is; one that mapping never leaves standing is nothing. */
csm_unicode_class csm_unicode_classify(uint32_t code);

/* Maps a code point (UTS #46, non-transitional) and decomposes what comes out
 * (NFD without the ordering); returns how many there are, none at all for one
 * that is ignored. One that is not allowed is only decomposed. */
size_t csm_unicode_expand(uint32_t code, uint32_t out[CSM_EXPANSION_ROOM]);

/* The composite of two code points, or 0. */
uint32_t csm_unicode_compose(uint32_t first, uint32_t second);

/* Sorts at most CSM_NAME_CODES numbers by their bits from `shift` up; equal
 * ones keep their order. Time is linear. */
void csm_sort_numbers(uint32_t *numbers, size_t count, unsigned shift);

/* Orders and composes expanded text of at most CSM_NAME_CODES code points, in
 * place: the second half of NFC. Returns the new length. */
size_t csm_nfc(uint32_t *text, size_t length);

/* What Punycode functions return when there is no result. */
#define CSM_NO_PUNYCODE SIZE_MAX

/* Encodes a label of at most CSM_NAME_CODES code points, without "xn--";
 * returns the number of bytes, or CSM_NO_PUNYCODE when they exceed `room`. */
size_t csm_punycode_encode(const uint32_t *label, size_t length, uint8_t *out, size_t room);

/* Decodes what stands behind "xn--", `length` lower-case ASCII characters;
 * `out` has room for as many. Returns the number of code points, or
 * CSM_NO_PUNYCODE when it is none. */
size_t csm_punycode_decode(const uint32_t *text, size_t length, uint32_t *out);

/* What has been found out about the labels of a host. */
typedef struct csm_verdict {
    bool wrong;         /* a browser refuses the host */
    bool right_to_left; /* it holds text of that direction, hence ... */
    bool bidi_broken;   /* ... must not hold a label that breaks the Bidi Rule */
} csm_verdict;

/* Adds to the verdict what is to be said of a label, not encoded, not empty. */
void csm_label_check(const uint32_t *label, size_t length, csm_verdict *verdict);

/* True for a label that begins with "xn--". */
bool csm_label_is_ace(const uint32_t *label, size_t length);

#endif
