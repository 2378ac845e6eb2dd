#include "check.h"

#include "csamatch.h"

static void locates(void)
{
    int64_t places[5];
    CHECK(csamatch_rows_locate((const uint8_t *)"bdfh", 4, 1, (const uint8_t *)"abegh", 5,
                               places) == CSAMATCH_OK);
    CHECK(places[0] == -1 && places[1] == 0 && places[2] == -3 && places[3] == -4 &&
          places[4] == 3);
    CHECK(csamatch_rows_locate((const uint8_t *)"bdfh", 4, 1, (const uint8_t *)"z", 1, places) ==
          CSAMATCH_OK);
    CHECK(places[0] == -5);
    CHECK(csamatch_rows_locate(NULL, 0, 1, (const uint8_t *)"z", 1, places) == CSAMATCH_OK);
    CHECK(places[0] == -1);
    CHECK(csamatch_rows_locate((const uint8_t *)"b", 1, 1, (const uint8_t *)"aa", 2, places) ==
          CSAMATCH_ERROR_ORDER);
    CHECK(csamatch_rows_locate((const uint8_t *)"b", 1, 1, NULL, 1, places) ==
          CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_locate((const uint8_t *)"b", 1, 0, NULL, 0, places) ==
          CSAMATCH_ERROR_ARGUMENT);
}

/* Numbers spread unevenly, in four bytes, most significant first. */
static size_t fill(uint8_t *rows, size_t count, unsigned *state)
{
    unsigned value = 0;
    for (size_t i = 0; i < count; i++) {
        value += 1 + next_random(state) % (i % 7 == 0 ? 900 : 3);
        for (int b = 0; b < 4; b++)
            rows[4 * i + (size_t)b] = (uint8_t)(value >> (24 - 8 * b));
    }
    return count;
}

/* Against a search that looks at every row. */
static void locates_many(unsigned seed)
{
    unsigned state = seed;
    uint8_t rows[4 * 500], queries[4 * 200];
    int64_t places[200];
    size_t count = fill(rows, seed % 500, &state), asked = fill(queries, 200, &state);
    uint8_t *exact = exact_copy(rows, 4 * count);
    CHECK(csamatch_rows_locate(exact, count, 4, queries, asked, places) == CSAMATCH_OK);
    for (size_t i = 0; i < asked; i++) {
        int64_t below = 0, there = 0;
        for (size_t j = 0; j < count; j++) {
            int order = memcmp(rows + 4 * j, queries + 4 * i, 4);
            below += order < 0;
            there |= order == 0;
        }
        CHECK(places[i] == (there ? below : -1 - below));
    }
    free(exact);
}

static void splices(void)
{
    const uint64_t gone[] = {0, 2, 5}, come[] = {0, 2, 3, 3, 6};
    char out[9] = {0};
    CHECK(csamatch_rows_splice((const uint8_t *)"abcdef", 6, 1, gone, 3, (const uint8_t *)"12345",
                               come, 5, (uint8_t *)out) == CSAMATCH_OK);
    CHECK(memcmp(out, "1b234de5", 9) == 0);
    const uint64_t all[] = {0, 1}, none[] = {0, 0};
    CHECK(csamatch_rows_splice((const uint8_t *)"aabb", 2, 2, all, 2, (const uint8_t *)"ccdd", none,
                               2, (uint8_t *)out) == CSAMATCH_OK);
    CHECK(memcmp(out, "ccdd", 4) == 0);
    CHECK(csamatch_rows_splice(NULL, 0, 2, NULL, 0, (const uint8_t *)"ccdd", none, 2,
                               (uint8_t *)out) == CSAMATCH_OK);
    CHECK(csamatch_rows_splice((const uint8_t *)"aabb", 2, 2, all, 2, NULL, NULL, 0, NULL) ==
          CSAMATCH_OK);
    const uint64_t wrong[] = {1, 1}, falling[] = {1, 0}, far[] = {2}, too_far[] = {3};
    uint8_t room[16];
    const uint8_t *rows = (const uint8_t *)"aabb";
    CHECK(csamatch_rows_splice(rows, 2, 2, wrong, 2, NULL, NULL, 0, room) ==
          CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_splice(rows, 2, 2, far, 1, NULL, NULL, 0, room) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_splice(rows, 2, 2, NULL, 0, rows, falling, 2, room) ==
          CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_splice(rows, 2, 2, NULL, 0, rows, too_far, 1, room) ==
          CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_rows_splice(rows, 2, 2, NULL, 0, rows, far, 1, room) == CSAMATCH_OK);
    CHECK(memcmp(room, "aabbaa", 6) == 0);
}

static void seeks(void)
{
    const uint8_t *rows = (const uint8_t *)"abcdefghijkl";
    size_t found = 99;
    for (size_t at = 0; at <= 60; at++) {
        uint8_t text[64];
        memset(text, 'x', sizeof text);
        memcpy(text + at, at % 2 ? "abcd" : "ijkl", 4);
        uint8_t *exact = exact_copy(text, sizeof text);
        CHECK(csamatch_rows_seek(rows, 3, 4, exact, sizeof text, &found) == CSAMATCH_OK);
        CHECK(found == at);
        CHECK(csamatch_rows_seek(rows, 3, 4, exact, at + 3, &found) == CSAMATCH_OK);
        CHECK(found == at + 3);
        CHECK(csamatch_rows_seek(rows + 4, 1, 4, exact, sizeof text, &found) == CSAMATCH_OK);
        CHECK(found == sizeof text);
        free(exact);
    }
    CHECK(csamatch_rows_seek(rows, 3, 4, NULL, 0, &found) == CSAMATCH_OK && found == 0);
    CHECK(csamatch_rows_seek(NULL, 0, 4, rows, 12, &found) == CSAMATCH_OK && found == 12);
    CHECK(csamatch_rows_seek(rows, 4, 3, rows, 12, &found) == CSAMATCH_ERROR_ARGUMENT);
}

/* Rows of every width at every place, beside a comparison at every byte: the
 * text repeats parts of rows, so that much looks like one. */
static void seeks_wide(size_t width)
{
    uint8_t rows[3 * 40], text[140];
    for (size_t i = 0; i < 3 * width; i++)
        rows[i] = (uint8_t)(i / width * 16 + i % width * 7 % 5);
    for (size_t at = 0; at + width <= sizeof text; at++) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = rows[i * 11 % (3 * width)];
        memcpy(text + at, rows + at % 3 * width, width);
        for (size_t length = at + width - 1; length <= sizeof text; length += 13) {
            size_t expected = length, found = 99;
            for (size_t i = length + 1 - width; i-- > 0;) {
                for (size_t row = 0; row < 3; row++)
                    expected = memcmp(text + i, rows + row * width, width) ? expected : i;
            }
            uint8_t *exact = exact_copy(text, length);
            CHECK(csamatch_rows_seek(rows, 3, width, exact, length, &found) == CSAMATCH_OK);
            CHECK(found == expected);
            free(exact);
        }
    }
}

int main(void)
{
    for (size_t width = 4; width <= 40; width++)
        seeks_wide(width);
    locates();
    for (unsigned seed = 1; seed < 1000; seed += 83)
        locates_many(seed);
    splices();
    seeks();
    return failures != 0;
}
