/* SipHash-2-4 with 128 bits of output on whole words, as many states at once as
 * a register holds words. Included by files that define CSM_TARGET, the target
 * attribute of its functions or nothing, and CSM_LANES, the words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#if CSM_LANES == 1
typedef uint64_t csm_lanes;
#else
typedef uint64_t csm_lanes __attribute__((vector_size(8 * CSM_LANES)));
#endif

CSM_TARGET static inline csm_lanes load_lanes(const uint64_t *words)
{
    csm_lanes lanes;
    memcpy(&lanes, words, sizeof lanes);
    return lanes;
}

CSM_TARGET static inline void rotate_lanes(csm_lanes *x, int bits)
{
    *x = *x << bits | *x >> (64 - bits);
}

/* A file may know a better way to turn words by whole bytes. */
#ifndef CSM_ROTATE_16
#define CSM_ROTATE_16(x) rotate_lanes((x), 16)
#define CSM_ROTATE_32(x) rotate_lanes((x), 32)
#endif

CSM_TARGET static inline void lane_rounds(csm_lanes v[4], int count)
{
    csm_lanes v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];
    for (int i = 0; i < count; i++) {
        v0 += v1;
        v2 += v3;
        rotate_lanes(&v1, 13);
        CSM_ROTATE_16(&v3);
        v1 ^= v0;
        v3 ^= v2;
        CSM_ROTATE_32(&v0);
        v2 += v1;
        v0 += v3;
        rotate_lanes(&v1, 17);
        rotate_lanes(&v3, 21);
        v1 ^= v2;
        v3 ^= v0;
        CSM_ROTATE_32(&v2);
    }
    v[0] = v0;
    v[1] = v1;
    v[2] = v2;
    v[3] = v3;
}

/* Mixes a word into each state. */
CSM_TARGET static inline void mix_lanes(csm_lanes v[4], csm_lanes word)
{
    v[3] ^= word;
    lane_rounds(v, 2);
    v[0] ^= word;
}

/* Ends the first `count` states with their last words. */
CSM_TARGET static inline void finish(csm_forks *forks, size_t count)
{
    for (size_t i = 0; i < count; i += CSM_LANES) {
        csm_lanes v[4];
        for (int k = 0; k < 4; k++)
            v[k] = load_lanes(forks->state[k] + i);
        mix_lanes(v, load_lanes(forks->last + i));
        v[2] ^= 0xee;
        lane_rounds(v, 4);
        csm_lanes low = v[0] ^ v[1] ^ v[2] ^ v[3];
        v[1] ^= 0xdd;
        lane_rounds(v, 4);
        csm_lanes high = v[0] ^ v[1] ^ v[2] ^ v[3];
        memcpy(forks->state[0] + i, &low, sizeof low);
        memcpy(forks->state[1] + i, &high, sizeof high);
    }
}

/* Two registers of streams at a time, whose rounds overlap. */
enum { CSM_AT_ONCE = CSM_STREAMS / CSM_LANES < 2 ? 1 : 2 };

CSM_TARGET static inline void chain(csm_streams *streams, const uint64_t start[4], size_t last)
{
    for (size_t i = 0; i < CSM_STREAMS; i += CSM_AT_ONCE * CSM_LANES) {
        csm_lanes v[CSM_AT_ONCE][4];
        for (int r = 0; r < CSM_AT_ONCE; r++) {
            for (int k = 0; k < 4; k++)
                v[r][k] = start[k] - (csm_lanes){0};
        }
        for (size_t word = 0;; word++) {
            for (int r = 0; r < CSM_AT_ONCE; r++) {
                for (int k = 0; k < 4; k++)
                    memcpy(&streams->states[word][k][i + (size_t)r * CSM_LANES], &v[r][k],
                           sizeof v[r][k]);
            }
            if (word == last)
                break;
            for (int r = 0; r < CSM_AT_ONCE; r++)
                mix_lanes(v[r], load_lanes(&streams->words[word][i + (size_t)r * CSM_LANES]));
        }
    }
}

/* Mixes a word into each of two registers of states; their rounds overlap. */
CSM_TARGET static inline void mix_two(csm_lanes a[4], csm_lanes b[4], const uint64_t *words)
{
    csm_lanes first = load_lanes(words), second = load_lanes(words + CSM_LANES);
    a[3] ^= first;
    b[3] ^= second;
    for (int i = 0; i < 2; i++) {
        lane_rounds(a, 1);
        lane_rounds(b, 1);
    }
    a[0] ^= first;
    b[0] ^= second;
}

/* Ends two registers of states: writes the first halves of their hashes, then the last. */
CSM_TARGET static inline void end_two(csm_lanes a[4], csm_lanes b[4], csm_rows *rows, size_t at)
{
    for (int half = 0; half < 2; half++) {
        a[2 - half] ^= half == 0 ? 0xee : 0xdd;
        b[2 - half] ^= half == 0 ? 0xee : 0xdd;
        for (int i = 0; i < 4; i++) {
            lane_rounds(a, 1);
            lane_rounds(b, 1);
        }
        csm_lanes first = a[0] ^ a[1] ^ a[2] ^ a[3], second = b[0] ^ b[1] ^ b[2] ^ b[3];
        memcpy(rows->hash[half] + at, &first, sizeof first);
        memcpy(rows->hash[half] + at + CSM_LANES, &second, sizeof second);
    }
}

/* Hashes rows that lie side by side, `count` words each. */
CSM_TARGET static inline void hash_rows(csm_rows *rows, const uint64_t start[4], size_t count)
{
    for (size_t i = 0; i < CSM_ROWS; i += 2 * CSM_LANES) {
        csm_lanes a[4], b[4];
        for (int k = 0; k < 4; k++)
            a[k] = b[k] = start[k] - (csm_lanes){0};
        for (size_t word = 0; word < count; word++)
            mix_two(a, b, &rows->words[word][i]);
        end_two(a, b, rows, i);
    }
}
