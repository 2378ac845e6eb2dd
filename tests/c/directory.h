/* A directory for a key set under test, made at once and bit by bit. */
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

static inline void compare_pieces(const uint8_t *directory, const uint8_t *keys, size_t count,
                                  size_t width, size_t lines)
{
    uint8_t *pieces = malloc(64 * (lines + 1));
    csamatch_directory_state state = {0};
    memset(pieces, 0xA5, 64 * (lines + 1));
    for (size_t at = 0, next = 0; at < count; at += next, next = next * 2 + 1) {
        next = next < count - at ? next : count - at;
        CHECK(csamatch_directory_add(&state, keys + at * width, next, width, pieces, lines) ==
              CSAMATCH_OK);
    }
    CHECK(csamatch_directory_end(&state, pieces, lines) == CSAMATCH_OK);
    CHECK(memcmp(pieces, directory, 64 * (lines + 1)) == 0);
    CHECK(csamatch_directory_end(&state, pieces, lines) == CSAMATCH_ERROR_ARGUMENT);
    free(pieces);
}

static inline void make_directory(csamatch_keyset_options *options, const uint8_t *keys,
                                  size_t count, size_t width, directory_kind kind)
{
    if (kind == NO_DIRECTORY)
        return;
    size_t lines = kind == TINY_DIRECTORY ? 1 : csamatch_directory_lines(count);
    uint8_t *directory = malloc(64 * (lines + 1));
    CHECK(csamatch_directory_build(keys, count, width, directory, lines) == CSAMATCH_OK);
    CHECK(csamatch_directory_check(keys, count, width, directory, lines) == CSAMATCH_OK);
    compare_pieces(directory, keys, count, width, lines);
    options->directory = directory;
    options->directory_lines = lines;
}

static inline void free_directory(csamatch_keyset_options *options)
{
    free((void *)options->directory);
}

#endif
