/* csamatch_hex_lines, and csamatch_hex_decode on what it took.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

static int value(char c)
{
    static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
    const char *at = c != 0 ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) / 2 : -1;
}

/* One line that was taken, read by other means; returns its length. */
static size_t check_line(const char *line, size_t length, size_t width, const uint8_t *key)
{
    const char *end = memchr(line, '\n', length);
    REQUIRE(end != NULL);
    size_t size = (size_t)(end - line) + 1, rest = size - 2 * width;
    REQUIRE(size > 2 * width);
    for (size_t i = 0; i < width; i++)
        REQUIRE(key[i] == value(line[2 * i]) * 16 + value(line[2 * i + 1]));
    char behind = line[2 * width];
    REQUIRE(rest == 1 || (rest == 2 && behind == '\r') || memchr(" \t,;|", behind, 5) != NULL);
    char *exact = fuzz_copy(line, 2 * width);
    uint8_t decoded[CSM_MAX_WIDTH];
    REQUIRE(csamatch_hex_decode(exact, 2 * width, decoded, NULL) == CSAMATCH_OK);
    REQUIRE(memcmp(decoded, key, width) == 0);
    free(exact);
    return size;
}

/* Where it stopped, no line stands that consists of a digest and its end. */
static void was_right_to_stop(const char *line, size_t length, size_t width)
{
    size_t digits = 0;
    while (digits < length && digits < 2 * width && value(line[digits]) >= 0)
        digits++;
    REQUIRE(digits < 2 * width || length == digits || line[digits] != '\n');
}

static void check(const uint8_t *data, size_t size, size_t width, size_t room)
{
    char *text = fuzz_copy(data, size);
    uint8_t *keys = fuzz_room(room * width);
    size_t count = SIZE_MAX, used = SIZE_MAX, at = 0;
    REQUIRE(csamatch_hex_lines(text, size, width, keys, room, &count, &used) == CSAMATCH_OK);
    REQUIRE(count <= room && used <= size && fuzz_same(text, data, size));
    for (size_t i = 0; i < count; i++)
        at += check_line(text + at, size - at, width, keys + i * width);
    REQUIRE(at == used);
    if (count < room && used < size)
        was_right_to_stop(text + used, size - used, width);
    free(keys);
    free(text);
}

static void check_decode(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size);
    uint8_t *out = fuzz_room(size / 2 + 1);
    size_t bad = 0, expected = 0;
    csamatch_status status = csamatch_hex_decode(text, size, out, &bad);
    while (expected < size && value(text[expected]) >= 0)
        expected++;
    REQUIRE(status == (size % 2 != 0     ? CSAMATCH_ERROR_LENGTH
                       : expected < size ? CSAMATCH_ERROR_ALPHABET
                                         : CSAMATCH_OK));
    REQUIRE(status != CSAMATCH_ERROR_ALPHABET || bad == expected);
    free(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t widths[] = {1, 16, 20, 32, 64};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        check(data, size, widths[i], size / (2 * widths[i] + 1)); /* as many as can be there */
        check(data, size, widths[i], 2);
    }
    check_decode(data, size);
    return 0;
}
