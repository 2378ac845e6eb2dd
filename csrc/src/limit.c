/* The limit that look-ups are measured against: reading one (or two) random
 * cache lines a query, with the next ones asked for ahead of time. For
 * benchmarks only; matching needs none of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

enum { LINE = 64 };

/* Volatile, so that the compiler reads every line although only one number is
 * made of them. */
static uint64_t first_word(const uint8_t *memory, uint32_t line)
{
    return *(const volatile uint64_t *)(const void *)(memory + LINE * (size_t)line);
}

uint64_t csm_limit_one_line(const uint8_t *memory, const uint32_t *lines, size_t count,
                            size_t ahead)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (ahead < count - i)
            CSM_PREFETCH(memory + LINE * (size_t)lines[i + ahead]);
        sum += first_word(memory, lines[i]);
    }
    return sum;
}

uint64_t csm_limit_two_lines(const uint8_t *memory, const uint32_t *lines, const uint32_t *others,
                             size_t count, size_t ahead)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (ahead < count - i) {
            CSM_PREFETCH(memory + LINE * (size_t)lines[i + ahead]);
            CSM_PREFETCH(memory + LINE * (size_t)others[i + ahead]);
        }
        sum += first_word(memory, lines[i]) + first_word(memory, others[i]);
    }
    return sum;
}
