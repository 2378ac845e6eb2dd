#include "check.h"
#include <stdbool.h>

#include "csamatch.h"

static size_t row_width;

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, row_width);
}

/* Rows of every shape that has broken a sort: random, equal, few values,
 * equal but for the last byte, ascending, descending. */
static void fill(uint8_t *rows, size_t count, size_t width, int shape, unsigned *state)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < width; j++) {
            unsigned value = next_random(state);
            bool last = j == width - 1;
            rows[i * width + j] =
                shape == 0   ? (uint8_t)value
                : shape == 1 ? 7
                : shape == 2 ? (uint8_t)(value & 1)
                : shape == 3 ? (uint8_t)(last ? value : 7)
                : shape == 4 ? (uint8_t)(last ? i : j + 1 == width - 1 ? i >> 8 : 0)
                             : (uint8_t)(last ? ~i : j + 1 == width - 1 ? ~i >> 8 : 0);
        }
    }
}

static void sorts(size_t count, size_t width, int shape)
{
    unsigned state = (unsigned)(count * 31 + width * 7) + (unsigned)shape;
    uint8_t *rows = malloc(count * width + 1), *expected;
    fill(rows, count, width, shape, &state);
    expected = exact_copy(rows, count * width);
    row_width = width;
    qsort(expected, count, width, compare_rows);
    CHECK(csamatch_rows_sort(rows, count, width) == CSAMATCH_OK);
    CHECK(memcmp(rows, expected, count * width) == 0);

    size_t unique = 0, distinct = count > 0;
    for (size_t i = 1; i < count; i++)
        distinct += memcmp(expected + (i - 1) * width, expected + i * width, width) != 0;
    CHECK(csamatch_rows_unique(rows, count, width, &unique) == CSAMATCH_OK);
    CHECK(unique == distinct);
    CHECK(csamatch_rows_check(rows, unique, width, NULL) == CSAMATCH_OK);
    free(rows);
    free(expected);
}

static void checks(void)
{
    size_t bad = 0;
    CHECK(csamatch_rows_check((const uint8_t *)"abc", 3, 1, &bad) == CSAMATCH_OK);
    CHECK(csamatch_rows_check((const uint8_t *)"abb", 3, 1, &bad) == CSAMATCH_ERROR_ORDER);
    CHECK(bad == 2);
    CHECK(csamatch_rows_check((const uint8_t *)"ba", 2, 1, &bad) == CSAMATCH_ERROR_ORDER);
    CHECK(bad == 1);
}

static void arguments(void)
{
    uint8_t row[300] = {0};
    size_t unique = 9;
    CHECK(csamatch_rows_sort(NULL, 0, 16) == CSAMATCH_OK);
    CHECK(csamatch_rows_sort(NULL, 1, 16) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_sort(row, 1, 0) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_sort(row, 1, 65) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_sort(row, SIZE_MAX / 8, 16) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_unique(NULL, 0, 16, &unique) == CSAMATCH_OK && unique == 0);
    CHECK(csamatch_rows_unique(row, 1, 16, NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_check(NULL, 0, 16, NULL) == CSAMATCH_OK);
    CHECK(csamatch_rows_check(NULL, 1, 16, NULL) == CSAMATCH_ERROR_ARGUMENT);
}

int main(void)
{
    static const size_t widths[] = {1, 2, 8, 16, 20, 32, 36, 64};
    static const size_t counts[] = {0, 1, 2, 24, 25, 100, 3000};
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
            for (int shape = 0; shape < 6; shape++)
                if (widths[w] > 1 || shape < 4)
                    sorts(counts[c], widths[w], shape);
    checks();
    arguments();
    return failures != 0;
}
