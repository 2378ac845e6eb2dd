/* The key set: sorted packed keys and the kernel that searches them.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "internal.h"

struct csamatch_keyset {
    const uint8_t *keys;
    size_t count;
    size_t width;
    const csm_kernel *kernel;
};

csamatch_status csamatch_keyset_create(const uint8_t *keys, size_t count, size_t width,
                                       const csamatch_keyset_options *options,
                                       csamatch_keyset **out)
{
    if (out == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    *out = NULL;
    if ((keys == NULL && count > 0) || !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    if (options != NULL && options->size < sizeof *options)
        return CSAMATCH_ERROR_ARGUMENT;
    const csm_kernel *kernel = csm_kernel_choose(options != NULL ? options->kernel : NULL);
    if (kernel == NULL)
        return CSAMATCH_ERROR_KERNEL;
    csamatch_keyset *set = malloc(sizeof *set);
    if (set == NULL)
        return CSAMATCH_ERROR_MEMORY;
    *set = (csamatch_keyset){.keys = keys, .count = count, .width = width, .kernel = kernel};
    *out = set;
    return CSAMATCH_OK;
}

void csamatch_keyset_free(csamatch_keyset *set)
{
    free(set);
}

size_t csamatch_keyset_size(const csamatch_keyset *set)
{
    return set->count;
}

size_t csamatch_keyset_width(const csamatch_keyset *set)
{
    return set->width;
}

const char *csamatch_keyset_kernel(const csamatch_keyset *set)
{
    return set->kernel->name;
}

int64_t csamatch_keyset_find(const csamatch_keyset *set, const uint8_t *key)
{
    int64_t position;
    set->kernel->match(set->keys, set->count, set->width, key, 1, &position);
    return position;
}

csamatch_status csamatch_keyset_match(const csamatch_keyset *set, const uint8_t *queries,
                                      size_t count, int64_t *positions)
{
    if (set == NULL || (count > 0 && (queries == NULL || positions == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    if (!csm_rows_fit(count, set->width))
        return CSAMATCH_ERROR_ARGUMENT;
    set->kernel->match(set->keys, set->count, set->width, queries, count, positions);
    return CSAMATCH_OK;
}
