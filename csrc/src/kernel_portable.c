/* The search loops in plain C.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_match.h"

#define CSM_TARGET

static bool always(void)
{
    return true;
}

#include "engine_scalar.h"

/* The first key of the window not below `key`, by their first eight bytes;
 * the last one if all are below. Three steps for eight keys, without branches. */
static inline unsigned window_place(const csm_table *table, const uint8_t *window, uint64_t first)
{
    unsigned place = 0, left = table->window;
    while (left > 1) {
        unsigned half = left / 2;
        place += csm_load_be64(window + (place + half - 1) * table->width) < first ? half : 0;
        left -= half;
    }
    return place;
}

/* Which of the window's keys equals `key`; the window's length if none does. */
static inline unsigned compare_window(const csm_table *table, const uint8_t *window,
                                      const uint8_t *key)
{
    size_t width = table->width;
    unsigned place = window_place(table, window, csm_load_be64(key));
    const uint8_t *other = window + place * width;
    for (;;) { /* once, unless keys share their first eight bytes */
        if (csm_load_le64(other) != csm_load_le64(key))
            return table->window;
        if (csm_load_le64(other + width - 8) == csm_load_le64(key + width - 8) &&
            (width <= 16 || memcmp(other + 8, key + 8, width - 16) == 0))
            return place;
        if (++place == table->window)
            return place;
        other += width;
    }
}

#include "engine_loop.h"

const csm_kernel csm_kernel_portable = {"portable", always, match};
