/* The limit that look-ups are measured against: reading one (or two) random
 * cache lines a query, with the next ones asked for ahead of time.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

static uint64_t line(const uint8_t *memory, uint32_t number)
{
    return *(const volatile uint64_t *)(const void *)(memory + 64 * (size_t)number);
}

uint64_t gather_lines(const uint8_t *memory, const uint32_t *numbers, size_t count, size_t ahead)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + ahead < count)
            __builtin_prefetch(memory + 64 * (size_t)numbers[i + ahead]);
        sum += line(memory, numbers[i]);
    }
    return sum;
}

uint64_t gather_pairs(const uint8_t *memory, const uint32_t *numbers, const uint32_t *others,
                      size_t count, size_t ahead)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + ahead < count) {
            __builtin_prefetch(memory + 64 * (size_t)numbers[i + ahead]);
            __builtin_prefetch(memory + 64 * (size_t)others[i + ahead]);
        }
        sum += line(memory, numbers[i]) + line(memory, others[i]);
    }
    return sum;
}
