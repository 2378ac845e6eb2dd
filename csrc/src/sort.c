/* Sorting code points with what belongs to them, at most CSM_NAME_CODES.
 * SPDX-License-Identifier: Apache-2.0 */
#include "idna.h"

enum { SMALL = 24 }; /* numbers sorted by insertion */

static void insert(uint32_t *numbers, size_t count, unsigned shift)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t hold = numbers[i];
        size_t to = i;
        for (; to > 0 && numbers[to - 1] >> shift > hold >> shift; to--)
            numbers[to] = numbers[to - 1];
        numbers[to] = hold;
    }
}

/* Sorts by the eight bits from `shift` up, which differ somewhere; `room` is
 * for as many numbers. */
static void sort_byte(uint32_t *numbers, uint32_t *room, size_t count, unsigned shift)
{
    uint16_t next[256] = {0};
    for (size_t i = 0; i < count; i++)
        next[numbers[i] >> shift & 255]++;
    unsigned at = 0;
    for (size_t b = 0; b < 256; b++) {
        unsigned size = next[b];
        next[b] = (uint16_t)at;
        at += size;
    }
    for (size_t i = 0; i < count; i++)
        room[next[numbers[i] >> shift & 255]++] = numbers[i];
    memcpy(numbers, room, count * sizeof room[0]);
}

void csm_sort_numbers(uint32_t *numbers, size_t count, unsigned shift)
{
    uint32_t room[CSM_NAME_CODES];
    if (count <= SMALL) {
        insert(numbers, count, shift);
        return;
    }
    uint32_t differ = 0;
    for (size_t i = 1; i < count; i++)
        differ |= numbers[i] ^ numbers[0];
    for (; shift < 32; shift += 8) { /* each pass keeps the order of the one before */
        if ((differ >> shift & 255) != 0)
            sort_byte(numbers, room, count, shift);
    }
}
