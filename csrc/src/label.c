/* What a label of a host must keep to (UTS #46, "Validity Criteria"; no rules
 * about hyphens, none about lengths): a browser refuses the host otherwise.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

#define BIT(bidi) (1u << (bidi))
#define NEUTRAL                                                                            \
    (BIT(CSM_BIDI_EN) | BIT(CSM_BIDI_ES) | BIT(CSM_BIDI_CS) | BIT(CSM_BIDI_ET) |           \
     BIT(CSM_BIDI_ON) | BIT(CSM_BIDI_BN) | BIT(CSM_BIDI_NSM))
#define RIGHT_TO_LEFT (BIT(CSM_BIDI_R) | BIT(CSM_BIDI_AL))

enum { ZWNJ = 0x200C, ZWJ = 0x200D, VIRAMA = 9 };

/* The Bidi Rule (RFC 5893, section 2) of one label: of the directions of its
 * first code point, of the last one that is no mark, and of all of them. */
static bool bidi_fits(unsigned first, unsigned last, unsigned seen)
{
    unsigned numbers = BIT(CSM_BIDI_EN) | BIT(CSM_BIDI_AN);
    if (first == BIT(CSM_BIDI_L))
        return (seen & ~(BIT(CSM_BIDI_L) | NEUTRAL)) == 0 &&
               (last & (BIT(CSM_BIDI_L) | BIT(CSM_BIDI_EN))) != 0;
    return (first & RIGHT_TO_LEFT) != 0 &&
           (seen & ~(RIGHT_TO_LEFT | BIT(CSM_BIDI_AN) | NEUTRAL)) == 0 &&
           (last & (RIGHT_TO_LEFT | numbers)) != 0 && (seen & numbers) != numbers;
}

/* May the joiner at `at` stand there (RFC 5892, appendices A.1 and A.2)? */
static bool joiner_fits(const uint32_t *label, size_t length, size_t at)
{
    if (at > 0 && csm_unicode_classify(label[at - 1]).combining == VIRAMA)
        return true;
    if (label[at] == ZWJ)
        return false;
    unsigned before = CSM_JOINING_T, behind = CSM_JOINING_T;
    for (size_t i = at; i > 0 && before == CSM_JOINING_T; i--)
        before = csm_unicode_classify(label[i - 1]).joining;
    for (size_t i = at + 1; i < length && behind == CSM_JOINING_T; i++)
        behind = csm_unicode_classify(label[i]).joining;
    return (before == CSM_JOINING_L || before == CSM_JOINING_D) &&
           (behind == CSM_JOINING_R || behind == CSM_JOINING_D);
}

void csm_label_check(const uint32_t *label, size_t length, csm_verdict *verdict)
{
    csm_unicode_class first = csm_unicode_classify(label[0]);
    unsigned seen = 0, last = 0;
    if (csm_label_is_ace(label, length) || (first.flags & CSM_MARK) != 0)
        verdict->wrong = true;
    for (size_t i = 0; i < length && !verdict->wrong; i++) {
        csm_unicode_class kind = csm_unicode_classify(label[i]);
        seen |= BIT(kind.bidi);
        if (kind.bidi != CSM_BIDI_NSM)
            last = BIT(kind.bidi);
        if ((kind.flags & CSM_VALID) == 0 ||
            ((label[i] == ZWNJ || label[i] == ZWJ) && !joiner_fits(label, length, i)))
            verdict->wrong = true;
    }
    if (verdict->wrong) /* whatever else there is: browsers refuse the host */
        return;
    if ((seen & (RIGHT_TO_LEFT | BIT(CSM_BIDI_AN))) != 0)
        verdict->right_to_left = true;
    if (!bidi_fits(BIT(first.bidi), last, seen))
        verdict->bidi_broken = true;
}
