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

/* Every byte but 0-9, a-f, A-F is refused, G-Z above all; alone, and among
 * digits enough to be decoded many at a time. */
static void alphabet(void)
{
    static const char hex[] = "0123456789abcdef";
    for (int c = 0; c < 256; c++) {
        char text[16];
        uint8_t out[8];
        const char *place = c != 0 ? strchr(hex, c >= 'A' && c <= 'Z' ? c + 32 : c) : NULL;
        memset(text, '0', sizeof text);
        text[1] = text[12] = (char)c;
        CHECK((csamatch_hex_decode(text, 2, out, NULL) == CSAMATCH_OK) == (place != NULL));
        CHECK(place == NULL || out[0] == place - hex);
        CHECK((csamatch_hex_decode(text, 16, out, NULL) == CSAMATCH_OK) == (place != NULL));
        CHECK(place == NULL || (out[0] == place - hex && out[6] == (place - hex) << 4));
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

/* What `lines` are read as: (digests, bytes used) for a width of two. */
static int reads(const char *lines, size_t width, size_t room, size_t count, size_t used)
{
    size_t length = strlen(lines), n = 99, at = 99;
    char *text = exact_copy(lines, length);
    uint8_t *keys = malloc(room * width > 0 ? room * width : 1);
    csamatch_status status = csamatch_hex_lines(text, length, width, keys, room, &n, &at);
    int same = status == CSAMATCH_OK && n == count && at == used;
    for (size_t i = 0; i < n && same; i++)
        same = keys[i * width] == 0xAB && keys[(i + 1) * width - 1] == 0xCD;
    free(text);
    free(keys);
    return same;
}

#define DIGEST "0123456789abcdef0123456789ABCDEF"

static void lines(void)
{
    CHECK(reads("abcd\nABCD\r\nabcd name\nabcd\t\n", 2, 9, 4, 27));
    CHECK(reads("abcd\nabcd\nabcd\n", 2, 2, 2, 10)); /* no more room */
    CHECK(reads("abcd\nabcd", 2, 9, 1, 5));          /* no end */
    CHECK(reads("abcd\nabcd name", 2, 9, 1, 5));
    CHECK(reads("abcd\nabcd\r", 2, 9, 1, 5));
    CHECK(reads("abcd\n#abcd\n", 2, 9, 1, 5));
    CHECK(reads("abcd\n\nabcd\n", 2, 9, 1, 5));
    CHECK(reads("abcd\nabcd0\n", 2, 9, 1, 5));
    CHECK(reads("abcd\nabc\n", 2, 9, 1, 5));
    CHECK(reads("abcd\nabxd\n", 2, 9, 1, 5));
    CHECK(reads("abcd\nabcd\rx\n", 2, 9, 1, 5));
    CHECK(reads("abcd\nabcd;x\nabcd,x\nabcd|x\nabcd:x\n", 2, 9, 4, 26));
    CHECK(reads("abcd  n\rm\nabcd\n", 2, 9, 0, 0)); /* perhaps two lines */
    CHECK(reads("abcd  n\r\nabcd \"n\"\n", 2, 9, 1, 9));
    /* Further digests are left to whoever asks, but not what coreutils take for a name. */
    CHECK(reads("abcd  " DIGEST "\nabcd *" DIGEST "\nabcd " DIGEST "\n", 2, 9, 2, 78));
    CHECK(reads("abcd\t" DIGEST "\n", 2, 9, 0, 0));
    CHECK(reads("abcd,, " DIGEST "x\n", 2, 9, 0, 0));
    CHECK(reads("abcd 0123456789abcdef0123456789abcde\n", 2, 9, 1, 37));
    CHECK(reads("", 2, 9, 0, 0));
    CHECK(reads("abcd\n", 2, 0, 0, 0));
    CHECK(reads("ab00000000000000000000000000cd\n", 15, 1, 1, 31));
    CHECK(reads("ab000000000000000000000000000000000000cd\n", 20, 1, 1, 41));
    CHECK(reads("ab0000000000000000000000000000000000g0cd\n", 20, 1, 0, 0));
    CHECK(reads("ab0000000000000g00000000000000000000000000000000"
                "00000000000000cd\n", 32, 1, 0, 0));
    size_t n, at;
    uint8_t key[2];
    CHECK(csamatch_hex_lines(NULL, 0, 2, NULL, 0, &n, &at) == CSAMATCH_OK && n == 0 && at == 0);
    CHECK(csamatch_hex_lines(NULL, 1, 2, key, 1, &n, &at) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_hex_lines("a", 1, 2, NULL, 1, &n, &at) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_hex_lines("a", 1, 0, key, 1, &n, &at) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_hex_lines("a", 1, 2, key, SIZE_MAX, &n, &at) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_hex_lines("a", 1, 2, key, 1, NULL, &at) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_hex_lines("a", 1, 2, key, 1, &n, NULL) == CSAMATCH_ERROR_ARGUMENT);
}

/* A bad digit is found wherever it stands, in digests of every width. */
static void every_place(void)
{
    for (size_t digits = 2; digits <= 64; digits += 2) {
        for (size_t at = 0; at < digits; at++) {
            char text[64];
            uint8_t out[32];
            size_t bad = 99;
            memset(text, '5', sizeof text);
            text[at] = at % 2 == 0 ? '@' : '`';
            CHECK(csamatch_hex_decode(text, digits, out, &bad) == CSAMATCH_ERROR_ALPHABET);
            CHECK(bad == at);
        }
    }
}

int main(void)
{
    lines();
    every_place();
    decodes();
    refuses();
    alphabet();
    stays_inside();
    return failures != 0;
}
