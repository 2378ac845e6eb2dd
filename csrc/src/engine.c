/* Making and checking the directory that stands beside sorted keys.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

static bool usable(const uint8_t *keys, size_t count, size_t width, const uint8_t *directory,
                   size_t lines)
{
    return (keys != NULL || count == 0) && directory != NULL && lines > 0 &&
           (uint64_t)lines <= UINT32_MAX && csm_rows_fit(count, width) && width >= 8 &&
           (uint64_t)count <= UINT32_MAX;
}

/* 43 keys a line: 1.49 bytes a key. Fuller lines let more misses through to
 * the keys, and tell less well where in them a key lies. */
size_t csamatch_directory_lines(size_t count)
{
    return count / 43 + 1;
}

/* Makes a line, given how many keys lie before it; returns how many lie before
 * the next one. */
static size_t make_line(const csm_table *table, uint64_t number, size_t start,
                        uint8_t line[CSM_LINE])
{
    size_t at = start;
    memset(line, 0, CSM_LINE);
    for (unsigned i = 0; i < 4; i++)
        line[i] = (uint8_t)((uint64_t)start >> (8 * i));
    for (unsigned bucket = 0; bucket < CSM_BUCKETS; bucket++) {
        for (; at < table->count; at++) {
            const uint8_t *key = table->keys + at * table->width;
            uint64_t spot = csm_key_spot(key, table->lines);
            if (spot >> 32 != number || csm_spot_bucket(spot) >> 32 != bucket)
                break;
            uint64_t hash = csm_key_hash(key, table->width);
            uint8_t *word = line + csm_filter_place(hash);
            csm_store_le64(word, csm_load_le64(word) | csm_filter_bits(hash));
        }
        size_t end = at - start;
        line[CSM_ENDS + 1 + bucket] = (uint8_t)(end < CSM_FULL ? end : CSM_FULL);
    }
    return at;
}

csamatch_status csamatch_directory_build(const uint8_t *keys, size_t count, size_t width,
                                         uint8_t *directory, size_t lines)
{
    if (!usable(keys, count, width, directory, lines))
        return CSAMATCH_ERROR_ARGUMENT;
    csm_table table = {.keys = keys, .count = count, .width = width, .lines = lines};
    size_t at = 0;
    for (uint64_t number = 0; number <= lines; number++)
        at = make_line(&table, number, at, directory + CSM_LINE * number);
    return CSAMATCH_OK;
}

csamatch_status csamatch_directory_check(const uint8_t *keys, size_t count, size_t width,
                                         const uint8_t *directory, size_t lines)
{
    if (!usable(keys, count, width, directory, lines))
        return CSAMATCH_ERROR_ARGUMENT;
    csm_table table = {.keys = keys, .count = count, .width = width, .lines = lines};
    uint8_t line[CSM_LINE];
    size_t at = 0;
    for (uint64_t number = 0; number <= lines; number++) {
        at = make_line(&table, number, at, line);
        if (memcmp(line, directory + CSM_LINE * number, CSM_LINE) != 0)
            return CSAMATCH_ERROR_DIRECTORY;
    }
    return at == count ? CSAMATCH_OK : CSAMATCH_ERROR_DIRECTORY; /* else out of order */
}
