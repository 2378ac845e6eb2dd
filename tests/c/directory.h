/* A directory for a key set under test. */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include "check.h"
#include "csamatch.h"

/* None, one of the size recommended, or one of a single line. */
typedef enum directory_kind {
    NO_DIRECTORY,
    GOOD_DIRECTORY,
    TINY_DIRECTORY,
    DIRECTORY_KINDS
} directory_kind;

static inline void make_directory(csamatch_keyset_options *options, const uint8_t *keys,
                                  size_t count, size_t width, directory_kind kind)
{
    if (kind == NO_DIRECTORY)
        return;
    size_t lines = kind == TINY_DIRECTORY ? 1 : csamatch_directory_lines(count);
    uint8_t *directory = malloc(64 * (lines + 1));
    CHECK(csamatch_directory_build(keys, count, width, directory, lines) == CSAMATCH_OK);
    CHECK(csamatch_directory_check(keys, count, width, directory, lines) == CSAMATCH_OK);
    options->directory = directory;
    options->directory_lines = lines;
}

static inline void free_directory(csamatch_keyset_options *options)
{
    free((void *)options->directory);
}

#endif
