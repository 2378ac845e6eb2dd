#include "check.h"
#include "csamatch.h"

static void decodes(void)
{
    uint8_t out[8];
    CHECK(csamatch_hex_decode("00ffA5b9Cd", 10, out, NULL) == CSAMATCH_OK);
    CHECK(memcmp(out, "\x00\xff\xa5\xb9\xcd", 5) == 0);
    CHECK(csamatch_hex_decode(NULL, 0, NULL, NULL) == CSAMATCH_OK);
}

static void refuses(void)
{
    uint8_t out[8];
    size_t bad = 99;
    CHECK(csamatch_hex_decode("abc", 3, out, &bad) == CSAMATCH_ERROR_LENGTH);
    CHECK(csamatch_hex_decode("0g", 2, out, &bad) == CSAMATCH_ERROR_ALPHABET && bad == 1);
    CHECK(csamatch_hex_decode("aa/0", 4, out, &bad) == CSAMATCH_ERROR_ALPHABET && bad == 2);
    CHECK(csamatch_hex_decode("00\xff"
                              "0",
                              4, out, NULL) == CSAMATCH_ERROR_ALPHABET);
    CHECK(csamatch_hex_decode(NULL, 2, out, NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_hex_decode("00", 2, NULL, NULL) == CSAMATCH_ERROR_ARGUMENT);
}

/* Every byte but 0-9, a-f, A-F is refused, G-Z above all. */
static void alphabet(void)
{
    for (int c = 0; c < 256; c++) {
        char text[2] = {'0', (char)c};
        uint8_t out;
        int is_hex = c != 0 && strchr("0123456789abcdefABCDEF", c) != NULL;
        CHECK((csamatch_hex_decode(text, 2, &out, NULL) == CSAMATCH_OK) == is_hex);
    }
}

/* Reads and writes nothing beside what it was given. */
static void stays_inside(void)
{
    for (size_t digits = 0; digits <= 128; digits += 2) {
        char text[128];
        memset(text, 'e', sizeof text);
        char *in = exact_copy(text, digits);
        uint8_t *out = malloc(digits > 0 ? digits / 2 : 1);
        CHECK(csamatch_hex_decode(in, digits, out, NULL) == CSAMATCH_OK);
        free(in);
        free(out);
    }
}

int main(void)
{
    decodes();
    refuses();
    alphabet();
    stays_inside();
    return failures != 0;
}
