/* Sixteen bytes of text at a time, where every CPU of an architecture can:
 * CSM_WIDE is defined then. SSE2 is part of every x86-64, so there is nothing
 * to choose at run time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_WIDE_H
#define CSAMATCH_WIDE_H

#include "internal.h"

#if defined(__SSE2__) && defined(__GNUC__)
#define CSM_WIDE 16
#include <emmintrin.h>

static inline __m128i csm_wide_load(const uint8_t *text)
{
    return _mm_loadu_si128((const __m128i *)(const void *)text);
}

static inline void csm_wide_store(uint8_t *text, __m128i block)
{
    _mm_storeu_si128((__m128i *)(void *)text, block);
}

static inline __m128i csm_wide_equal(__m128i text, char c)
{
    return _mm_cmpeq_epi8(text, _mm_set1_epi8(c));
}

static inline __m128i csm_wide_between(__m128i text, char low, char high)
{
    __m128i from = _mm_sub_epi8(text, _mm_set1_epi8(low));
    /* Subtraction that stops at zero leaves zero up to the bound. */
    return _mm_cmpeq_epi8(_mm_subs_epu8(from, _mm_set1_epi8((char)(high - low))),
                          _mm_setzero_si128());
}

/* Controls, spaces, and whatever is not ASCII: its bytes are negative. */
static inline __m128i csm_wide_low(__m128i text)
{
    return _mm_cmplt_epi8(text, _mm_set1_epi8(0x21));
}

/* A bit for each byte of a mask, the first byte's lowest. */
static inline unsigned csm_wide_bits(__m128i mask)
{
    return (unsigned)_mm_movemask_epi8(mask);
}
#endif

#endif
