/* The search loops in plain C.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_match.h"

#define CSM_TARGET
#define CSM_LANES 1

static bool always(void)
{
    return true;
}

#include "engine_compare.h"
#include "engine_scalar.h"

static inline unsigned compare_window(const csm_table *table, const uint8_t *window,
                                      const uint8_t *key)
{
    return compare_halves(table, window, key);
}

#include "engine_loop.h"
#include "siphash_lanes.h"

const csm_kernel csm_kernel_portable = {"portable", always, match, finish, chain, hash_rows};
