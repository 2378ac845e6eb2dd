/* The key set: sorted packed keys, their directory, and the kernel that searches
 * them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "engine.h"

struct csamatch_keyset {
    csm_table table;
    const csm_kernel *kernel;
};

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
    if (options != NULL) {
        if (options->size < sizeof *options)
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
    *set = (csamatch_keyset){.table = table, .kernel = kernel};
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
    return csm_find(&set->table, key);
}

csamatch_status csamatch_keyset_match(const csamatch_keyset *set, const uint8_t *queries,
                                      size_t count, csamatch_hit *hits, size_t *hit_count)
{
    if (set == NULL || hit_count == NULL || (count > 0 && (queries == NULL || hits == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    if (!csm_rows_fit(count, set->table.width))
        return CSAMATCH_ERROR_ARGUMENT;
    *hit_count = count > 0 ? set->kernel->match(&set->table, queries, count, hits) : 0;
    return CSAMATCH_OK;
}
