/* Filter and index for a key set under test. */
#ifndef TABLES_H
#define TABLES_H

#include "check.h"
#include "csamatch.h"

/* None, of the sizes recommended, or of a single word and bucket. */
typedef enum table_kind { NO_TABLES, GOOD_TABLES, TINY_TABLES, TABLE_KINDS } table_kind;

static inline void make_tables(csamatch_keyset_options *options, const uint8_t *keys, size_t count,
                               size_t width, table_kind kind)
{
    if (kind == NO_TABLES)
        return;
    options->filter_words = kind == TINY_TABLES ? 1 : csamatch_filter_words(count);
    options->index_buckets = kind == TINY_TABLES ? 1 : csamatch_index_buckets(count);
    uint8_t *filter = malloc(8 * options->filter_words);
    uint8_t *index = malloc(4 * (options->index_buckets + 1));
    CHECK(csamatch_filter_build(keys, count, width, filter, options->filter_words) == CSAMATCH_OK);
    CHECK(csamatch_index_build(keys, count, width, index, options->index_buckets) == CSAMATCH_OK);
    CHECK(csamatch_tables_check(keys, count, width, filter, options->filter_words, index,
                                options->index_buckets) == CSAMATCH_OK);
    options->filter = filter;
    options->index = index;
}

static inline void free_tables(csamatch_keyset_options *options)
{
    free((void *)options->filter);
    free((void *)options->index);
}

#endif
