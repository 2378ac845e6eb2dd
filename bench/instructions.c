/* One batch of look-ups, for instructions.py to count the instructions of.
 *
 *   instructions                               names the kernels of this CPU
 *   instructions KERNEL WIDTH KEYS QUERIES PER_MILLE   looks up QUERIES keys,
 *                                              PER_MILLE of a thousand listed
 *
 * Keys and queries come from a fixed generator and lie at the start of cache
 * lines, so that every run does the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csamatch.h"

/* Marsaglia's xorshift, multiplied. */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545F4914F6CDD1D) >> 32;
}

static uint8_t *room(size_t size)
{
    uint8_t *memory = aligned_alloc(64, (size / 64 + 1) * 64);
    if (memory == NULL)
        exit(2);
    return memory;
}

static uint8_t *random_rows(size_t count, size_t width, uint64_t *state)
{
    uint8_t *rows = room(count * width);
    for (size_t i = 0; i < count * width; i++)
        rows[i] = (uint8_t)next(state);
    return rows;
}

static csamatch_keyset *make_set(const char *kernel, const uint8_t *keys, size_t count,
                                 size_t width)
{
    csamatch_keyset *set;
    size_t lines = csamatch_directory_lines(count);
    uint8_t *directory = room(64 * (lines + 1));
    csamatch_keyset_options options = {.size = sizeof options,
                                       .kernel = kernel,
                                       .directory = directory,
                                       .directory_lines = lines};
    if (csamatch_directory_build(keys, count, width, directory, lines) != CSAMATCH_OK ||
        csamatch_keyset_create(keys, count, width, &options, &set) != CSAMATCH_OK)
        exit(2);
    return set;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        for (size_t i = 0; i < csamatch_kernel_count(); i++)
            puts(csamatch_kernel_name(i));
        return 0;
    }
    size_t width = strtoul(argv[2], NULL, 10), count = strtoul(argv[3], NULL, 10);
    size_t asked = strtoul(argv[4], NULL, 10), per_mille = strtoul(argv[5], NULL, 10);
    uint64_t state = 1;
    uint8_t *keys = random_rows(count, width, &state);
    uint8_t *queries = random_rows(asked, width, &state);
    size_t listed = 0, found = 0;
    if (csamatch_rows_sort(keys, count, width) != CSAMATCH_OK)
        return 2;
    for (size_t i = 0; i < asked; i++) {
        if (next(&state) % 1000 >= per_mille)
            continue;
        memcpy(queries + i * width, keys + next(&state) % count * width, width);
        listed++;
    }
    csamatch_keyset *set = make_set(argv[1], keys, count, width);
    csamatch_hit *hits = (void *)room(asked * sizeof *hits);
    if (csamatch_keyset_match(set, queries, asked, hits, &found) != CSAMATCH_OK)
        return 2;
    printf("%zu\n", found);
    return found != listed;
}
