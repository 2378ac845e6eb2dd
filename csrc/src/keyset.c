/* The key set: sorted packed keys, their directory, and the kernel that searches
 * them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "engine.h"

struct csamatch_keyset {
    csm_table table;
    const csm_kernel *kernel;
    const uint8_t *hash_key; /* NULL: queries are keys */
    size_t query_width;
};

/* What the options were before there were hash keys. */
enum { OLDEST_OPTIONS = offsetof(csamatch_keyset_options, hash_key) };

/* Two cache lines of keys are compared at once, the expected place in their
 * middle; one line of keys so short that eight fit. */
static void set_window(csm_table *table)
{
    size_t line = 64 / table->width, window = 128 / table->width;
    window = window > 8 ? 8 : window;
    table->back = (unsigned)((window - line + 1) / 2);
    table->window = (unsigned)(window < table->count ? window : table->count);
}

static csamatch_status take_directory(csm_table *table, const csamatch_keyset_options *options)
{
    if (options->directory == NULL)
        return CSAMATCH_OK;
    if (options->directory_lines == 0 || (uint64_t)options->directory_lines > UINT32_MAX ||
        table->width < 8 || table->count > UINT32_MAX)
        return CSAMATCH_ERROR_ARGUMENT;
    table->directory = options->directory;
    table->lines = options->directory_lines;
    return CSAMATCH_OK;
}

csamatch_status csamatch_keyset_create(const uint8_t *keys, size_t count, size_t width,
                                       const csamatch_keyset_options *options,
                                       csamatch_keyset **out)
{
    if (out == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    *out = NULL;
    if ((keys == NULL && count > 0) || !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    csm_table table = {.keys = keys, .count = count, .width = width};
    set_window(&table);
    const char *name = NULL;
    const uint8_t *hash_key = NULL;
    size_t query_width = width;
    if (options != NULL) {
        if (options->size < OLDEST_OPTIONS)
            return CSAMATCH_ERROR_ARGUMENT;
        if (options->size >= sizeof *options && options->hash_key != NULL) {
            hash_key = options->hash_key;
            query_width = options->query_width;
        }
        if (!csm_rows_fit(1, query_width) || (hash_key != NULL && width != CSAMATCH_HASH_WIDTH))
            return CSAMATCH_ERROR_ARGUMENT;
        csamatch_status status = take_directory(&table, options);
        if (status != CSAMATCH_OK)
            return status;
        name = options->kernel;
    }
    const csm_kernel *kernel = csm_kernel_choose(name);
    if (kernel == NULL)
        return CSAMATCH_ERROR_KERNEL;
    csamatch_keyset *set = malloc(sizeof *set);
    if (set == NULL)
        return CSAMATCH_ERROR_MEMORY;
    *set = (csamatch_keyset){
        .table = table, .kernel = kernel, .hash_key = hash_key, .query_width = query_width};
    *out = set;
    return CSAMATCH_OK;
}

void csamatch_keyset_free(csamatch_keyset *set)
{
    free(set);
}

size_t csamatch_keyset_size(const csamatch_keyset *set)
{
    return (size_t)set->table.count;
}

size_t csamatch_keyset_width(const csamatch_keyset *set)
{
    return set->table.width;
}

size_t csamatch_keyset_query_width(const csamatch_keyset *set)
{
    return set->query_width;
}

bool csm_keyset_is_keyed(const csamatch_keyset *set)
{
    return set->hash_key != NULL;
}

const char *csamatch_keyset_kernel(const csamatch_keyset *set)
{
    return set->kernel->name;
}

const csm_kernel *csm_keyset_kernel(const csamatch_keyset *set)
{
    return set->kernel;
}

int64_t csamatch_keyset_find(const csamatch_keyset *set, const uint8_t *key)
{
    if (set->hash_key == NULL)
        return csm_find(&set->table, key);
    uint8_t hash[CSAMATCH_HASH_WIDTH];
    csm_siphash state;
    csm_siphash_init(&state, set->hash_key);
    for (size_t i = 0; i < set->query_width; i++)
        csm_siphash_byte(&state, key[i]);
    csm_siphash_finish(state, hash);
    return csm_find(&set->table, hash);
}

/* Hashes queries and looks the hashes up, some at a time: few enough to stay in
 * the nearest cache, many enough for the waits for memory to overlap. */
static size_t match_hashed(const csamatch_keyset *set, const uint8_t *queries, size_t count,
                           csamatch_hit *hits)
{
    enum { AT_ONCE = 2048 };
    uint8_t hashes[AT_ONCE * CSAMATCH_HASH_WIDTH];
    size_t width = set->query_width, found = 0;
    for (size_t at = 0; at < count; at += AT_ONCE) {
        size_t some = count - at < AT_ONCE ? count - at : AT_ONCE;
        csm_hash_rows(set->kernel, set->hash_key, queries + at * width, some, width, hashes);
        size_t more = set->kernel->match(&set->table, hashes, some, hits + found);
        for (size_t i = 0; i < more; i++)
            hits[found + i].query += at;
        found += more;
    }
    return found;
}

csamatch_status csamatch_keyset_match(const csamatch_keyset *set, const uint8_t *queries,
                                      size_t count, csamatch_hit *hits, size_t *hit_count)
{
    if (set == NULL || hit_count == NULL || (count > 0 && (queries == NULL || hits == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    if (!csm_rows_fit(count, set->query_width))
        return CSAMATCH_ERROR_ARGUMENT;
    if (count == 0)
        *hit_count = 0;
    else if (set->hash_key != NULL)
        *hit_count = match_hashed(set, queries, count, hits);
    else
        *hit_count = set->kernel->match(&set->table, queries, count, hits);
    return CSAMATCH_OK;
}
