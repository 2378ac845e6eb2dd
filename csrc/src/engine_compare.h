/* The comparison of keys of any width. Included, like engine_loop.h, by each
 * kernel that has none of its own, for its own target.
 * SPDX-License-Identifier: Apache-2.0 */

/* The first key of the window not below `key`, by their first eight bytes;
 * the last one if all are below. Three steps for eight keys, without branches. */
CSM_TARGET static inline unsigned window_place(const csm_table *table, const uint8_t *window,
                                               uint64_t first)
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
CSM_TARGET static inline unsigned compare_halves(const csm_table *table, const uint8_t *window,
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
