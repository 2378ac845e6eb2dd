/* SipHash-2-4 with 128 bits of output, after Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF" (2012) and its 128-bit variant.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void rounds(csm_siphash *s, int count)
{
    for (int i = 0; i < count; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

void csm_siphash_init(csm_siphash *state, const uint8_t key[16])
{
    uint64_t k0 = csm_load_le64(key), k1 = csm_load_le64(key + 8);
    *state = (csm_siphash){
        .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = k1 ^ UINT64_C(0x7465646279746573),
    };
}

void csm_siphash_block(csm_siphash *state, uint64_t word)
{
    state->v3 ^= word;
    rounds(state, 2);
    state->v0 ^= word;
}

void csm_siphash_finish(csm_siphash state, uint8_t out[16])
{
    csm_siphash_block(&state, state.tail | state.length << 56);
    state.v2 ^= 0xee;
    rounds(&state, 4);
    csm_store_le64(out, state.v0 ^ state.v1 ^ state.v2 ^ state.v3);
    state.v1 ^= 0xdd;
    rounds(&state, 4);
    csm_store_le64(out + 8, state.v0 ^ state.v1 ^ state.v2 ^ state.v3);
}
