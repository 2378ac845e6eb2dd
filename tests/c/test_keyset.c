#include "check.h"
#include <stdbool.h>

#include "directory.h"

/* Keys 1, 4, 7, ... as big-endian numbers in the last bytes of each row, so
 * that the answer to every query is known without searching. */
static void number_row(uint8_t *row, size_t width, size_t number)
{
    memset(row, 0, width);
    for (size_t i = 0; i < width && i < sizeof number; i++)
        row[width - 1 - i] = (uint8_t)(number >> (8 * i));
}

static void finds(const char *kernel, size_t count, size_t width, directory_kind kind)
{
    uint8_t *keys = malloc(count * width + 1);
    for (size_t i = 0; i < count; i++)
        number_row(keys + i * width, width, 3 * i + 1);
    uint8_t *exact = exact_copy(keys, count * width);
    csamatch_keyset_options options = {.size = sizeof options, .kernel = kernel};
    make_directory(&options, exact, count, width, kind);
    csamatch_keyset *set = NULL;
    CHECK(csamatch_keyset_create(exact, count, width, &options, &set) == CSAMATCH_OK);
    CHECK(csamatch_keyset_size(set) == count);
    CHECK(csamatch_keyset_width(set) == width);
    CHECK(strcmp(csamatch_keyset_kernel(set), kernel) == 0);

    size_t n = 3 * count + 3, hit_count = 0;
    uint8_t *queries = malloc(n * width);
    csamatch_hit *hits = malloc(n * sizeof *hits);
    for (size_t i = 0; i < n; i++)
        number_row(queries + i * width, width, i);
    CHECK(csamatch_keyset_match(set, queries, n, hits, &hit_count) == CSAMATCH_OK);
    CHECK(hit_count == count);
    for (size_t i = 0; i < hit_count; i++)
        CHECK(hits[i].query == 3 * i + 1 && hits[i].position == i);
    for (size_t i = 0; i < n; i++) {
        bool listed = i % 3 == 1 && i < 3 * count;
        CHECK(csamatch_keyset_find(set, queries + i * width) == (listed ? (int64_t)(i / 3) : -1));
    }
    csamatch_keyset_free(set);
    free_directory(&options);
    free(hits);
    free(queries);
    free(exact);
    free(keys);
}

static void arguments(void)
{
    uint8_t keys[16] = {0};
    csamatch_hit hit[1];
    size_t count = 0;
    csamatch_keyset *set = NULL;
    csamatch_keyset_options options = {.size = sizeof options, .kernel = "no such kernel"};
    CHECK(csamatch_keyset_create(keys, 1, 16, &options, &set) == CSAMATCH_ERROR_KERNEL);
    CHECK(set == NULL);
    options = (csamatch_keyset_options){.size = 0};
    CHECK(csamatch_keyset_create(keys, 1, 16, &options, &set) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_create(keys, 1, 16, NULL, NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_create(NULL, 1, 16, NULL, &set) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_create(keys, 1, 0, NULL, &set) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_create(keys, SIZE_MAX, 16, NULL, &set) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_match(NULL, keys, 1, hit, &count) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_create(NULL, 0, 16, NULL, &set) == CSAMATCH_OK);
    CHECK(csamatch_keyset_match(set, NULL, 0, NULL, &count) == CSAMATCH_OK);
    CHECK(csamatch_keyset_match(set, NULL, 1, hit, &count) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_match(set, keys, 1, NULL, &count) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_match(set, keys, 1, hit, NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_keyset_match(set, keys, 1, hit, &count) == CSAMATCH_OK && count == 0);
    csamatch_keyset_free(set);
    csamatch_keyset_free(NULL);

    uint8_t directory[128] = {0};
    options = (csamatch_keyset_options){.size = sizeof options, .directory = directory};
    CHECK(csamatch_keyset_create(keys, 1, 16, &options, &set) == CSAMATCH_ERROR_ARGUMENT);
    options.directory_lines = 1;
    CHECK(csamatch_keyset_create(keys, 2, 7, &options, &set) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_build(keys, 1, 16, directory, 0) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_build(keys, 1, 7, directory, 1) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_build(keys, 1, 16, NULL, 1) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_build(NULL, 1, 16, directory, 1) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_check(keys, 1, 16, NULL, 1) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_check(keys, 1, 16, directory, 1) == CSAMATCH_ERROR_DIRECTORY);
    CHECK(csamatch_directory_build(keys, 1, 16, directory, 1) == CSAMATCH_OK);
    CHECK(csamatch_directory_check(keys, 1, 16, directory, 1) == CSAMATCH_OK);
    CHECK(csamatch_directory_build(NULL, 0, 16, directory, 1) == CSAMATCH_OK);

    uint8_t high[16] = {0xFF}, more[192];
    csamatch_directory_state state = {0};
    CHECK(csamatch_directory_add(NULL, keys, 1, 16, more, 2) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_add(&state, high, 1, 16, more, 2) == CSAMATCH_OK);
    CHECK(csamatch_directory_add(&state, keys, 1, 16, more, 2) == CSAMATCH_ERROR_ORDER);
    CHECK(csamatch_directory_check(high, 1, 16, more, 2) == CSAMATCH_ERROR_DIRECTORY);
    CHECK(csamatch_directory_end(NULL, more, 2) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_directory_end(&state, more, 2) == CSAMATCH_OK);
    CHECK(csamatch_directory_check(high, 1, 16, more, 2) == CSAMATCH_OK);
    const uint8_t pair[] = "aaaaaaabaaaaaaaa"; /* two keys of eight bytes, of one line */
    state = (csamatch_directory_state){0};
    CHECK(csamatch_directory_add(&state, pair, 2, 8, more, 1) == CSAMATCH_ERROR_ORDER);
    state = (csamatch_directory_state){0};
    CHECK(csamatch_directory_add(&state, high + 1, 1, 8, more, 1) == CSAMATCH_OK);
    CHECK(csamatch_directory_build((const uint8_t *)"aaaaaaaaaaaaaaaa", 2, 8, more, 1) ==
          CSAMATCH_ERROR_ORDER);
    state.line = 2;
    CHECK(csamatch_directory_add(&state, high, 1, 16, more, 2) == CSAMATCH_ERROR_ARGUMENT);
    state = (csamatch_directory_state){.count = UINT32_MAX};
    CHECK(csamatch_directory_add(&state, high, 1, 16, more, 2) == CSAMATCH_ERROR_ARGUMENT);
}

int main(void)
{
    static const size_t widths[] = {2, 8, 16, 20, 32};
    CHECK(csamatch_kernel_count() >= 1);
    CHECK(csamatch_kernel_name(csamatch_kernel_count()) == NULL);
    CHECK(strcmp(csamatch_kernel_name(csamatch_kernel_count() - 1), "portable") == 0);
    for (size_t k = 0; k < csamatch_kernel_count(); k++)
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
            for (size_t count = 0; count < 70; count += count < 20 ? 1 : 7)
                for (directory_kind kind = NO_DIRECTORY; kind < DIRECTORY_KINDS; kind++)
                    if (kind == NO_DIRECTORY || widths[w] >= 8)
                        finds(csamatch_kernel_name(k), count, widths[w], kind);
    arguments();
    return failures != 0;
}
