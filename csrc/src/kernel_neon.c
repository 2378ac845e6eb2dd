/* The search loops with NEON, which every 64-bit ARM has: keys of 16 bytes
 * compared a register each.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_match.h"

#ifdef CSM_HAVE_NEON_KERNEL
#include <arm_neon.h>

#define CSM_TARGET
#define CSM_LANES 2

static bool always(void)
{
    return true;
}

#include "engine_compare.h"
#include "engine_scalar.h"

static inline uint8x16_t same(const uint8_t *key, uint8x16_t wanted)
{
    return vceqq_u8(vld1q_u8(key), wanted);
}

/* Eight bytes, one for each of eight keys of 16 bytes, the first key's lowest:
 * all ones when the key is the one wanted, else zero. */
static inline uint64_t same_eight(const uint8_t *keys, uint8x16_t wanted)
{
    uint8x16_t pair[4];
    for (unsigned i = 0; i < 4; i++) /* the lesser of neighbours, four times over */
        pair[i] = vpminq_u8(same(keys + 32 * i, wanted), same(keys + 32 * i + 16, wanted));
    uint8x16_t all = vpminq_u8(vpminq_u8(pair[0], pair[1]), vpminq_u8(pair[2], pair[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpminq_u8(all, all)), 0);
}

/* Which of the window's keys equals `key`; the window's length if none. */
static inline unsigned compare_window(const csm_table *table, const uint8_t *window,
                                      const uint8_t *key)
{
    size_t width = table->width;
    unsigned none = table->window;
    if (width == 16 && none == 8) {
        uint64_t equal = same_eight(window, vld1q_u8(key));
        return equal != 0 ? (unsigned)__builtin_ctzll(equal) / 8 : none;
    }
    return compare_halves(table, window, key);
}

#include "engine_loop.h"
#include "siphash_lanes.h"

const csm_kernel csm_kernel_neon = {"neon", always, match, finish, chain, hash_rows};
#else
typedef int csm_kernel_neon_not_here; /* ISO C forbids an empty file */
#endif
