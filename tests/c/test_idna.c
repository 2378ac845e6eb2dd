#include "check.h"
#include "idna.h"

/* Normalises a host from and into memory of exactly the sizes promised; the
 * result is a string, empty when there is none. */
static uint8_t *normalize(const void *text, size_t length, csamatch_address *address)
{
    size_t capacity = csamatch_address_capacity(length);
    char *exact = exact_copy(text, length);
    uint8_t *out = malloc(capacity);
    if (csamatch_host_normalize(exact, length, out, capacity, address) != CSAMATCH_OK)
        address->length = 0;
    CHECK(address->length < capacity);
    out[address->length] = 0;
    free(exact);
    return out;
}

static void gives(const char *text, const char *expected, bool refused)
{
    csamatch_address address = {0};
    char *found = (char *)normalize(text, strlen(text), &address);
    if (strcmp(found, expected) != 0 ||
        ((address.flags & CSAMATCH_ADDRESS_REFUSED) != 0) != refused) {
        fprintf(stderr, "%s: %s, flags %u\n", text, found, (unsigned)address.flags);
        failures++;
    }
    free(found);
}

static void literals(void)
{
    gives("B\u00FCcher.example", "xn--bcher-kva.example", false);
    gives("Bu\u0308cher\u3002example\uFF61", "xn--bcher-kva.example", false);
    gives("stra\u00DFe.example", "xn--strae-oqa.example", false);
    gives("\uD55C\uAD6D.example", "xn--3e0b707e.example", false);
    gives("\u1112\u1161\u11AB\u1100\u116E\u11A8.example", "xn--3e0b707e.example", false);
    gives("\uFF11\uFF12\uFF17.1", "127.0.0.1", false);
    gives("\U00020BB7.example", "xn--7l3i.example", false);
    gives("\u00AD", "", false);
    gives("a\u2FF0.example", "xn--a-82t.example", true);
    gives("\u064Aa", "xn--a-yoc", true);
    gives("xn--a.\u00DF", "xn--a.xn--zca", true);
    gives("\uFF05\x34\x31.\u00FC", "xn--41-fg4n.xn--tda", true);
    gives("\xE3\x80.\xF0\x9F", "%E3%80.%F0%9F", true);
    gives("a\x01\x80.\u00FC", "a%01%80.xn--tda", true);
    gives("\xC3\u00AD\xBC\U00020BB7\uFF21", "%C3%C2%AD%BC%F0%A0%AE%B7a", true);
}

/* RFC 3492, section 7.1, and the ends of the alphabet. */
static void punycode(const uint32_t *label, size_t length, const char *encoded)
{
    uint8_t out[64];
    uint32_t text[64], back[64];
    size_t size = strlen(encoded);
    CHECK(csm_punycode_encode(label, length, out, sizeof out) == size);
    CHECK(memcmp(out, encoded, size) == 0);
    CHECK(csm_punycode_encode(label, length, out, size) == size);
    CHECK(csm_punycode_encode(label, length, out, size - 1) == CSM_NO_PUNYCODE);
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)encoded[i];
    CHECK(csm_punycode_decode(text, size, back) == length);
    CHECK(memcmp(back, label, length * sizeof label[0]) == 0);
}

static void punycode_samples(void)
{
    static const uint32_t arabic[] = {0x644, 0x64A, 0x647, 0x645, 0x627, 0x628, 0x62A, 0x643, 0x644,
                                      0x645, 0x648, 0x634, 0x639, 0x631, 0x628, 0x64A, 0x61F};
    static const uint32_t chinese[] = {0x4ED6, 0x4EEC, 0x4E3A, 0x4EC0, 0x4E48,
                                       0x4E0D, 0x8BF4, 0x4E2D, 0x6587};
    static const uint32_t mixed[] = {'3', 0x5E74, 'b', 0x7D44, 0x91D1, 0x516B, 0x5148, 0x751F};
    static const uint32_t last[] = {0x10FFFF, 0x80, 'a', 0x80, 0x10FFFF};
    punycode(arabic, 17, "egbpdaj6bu4bxfgehfvwxn");
    punycode(chinese, 9, "ihqwcrb4cv8a8dqg056pqjye");
    punycode(mixed, 8, "3b-ww4c5e180e575a65lsy2b");
    punycode(last, 5, "a-ab340765bda");
    static const char *const wrong[] = {"-abc", "a-b", "abc-\xFF", "99999999",
                                        "zzzzzzzzzzzzzzzzzz", "0", "ABC", "a--b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t text[32], out[32];
        size_t size = strlen(wrong[i]);
        for (size_t k = 0; k < size; k++)
            text[k] = (uint8_t)wrong[i][k];
        CHECK(csm_punycode_decode(text, size, out) == CSM_NO_PUNYCODE);
    }
}

/* `count` pieces, the two kinds by turns, stay within the bound. */
static void bounded(const char *first, const char *second, unsigned count)
{
    static char text[8 * 1025];
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        const char *piece = i % 2 == 0 ? first : second;
        memcpy(text + length, piece, strlen(piece));
        length += strlen(piece);
    }
    csamatch_address a = {0}, b = {0};
    uint8_t *once = normalize(text, length, &a);
    uint8_t *twice = normalize(once, a.length, &b);
    CHECK(a.length <= 3 * length + CSM_HOST_ROOM);
    CHECK(a.length == b.length && memcmp(once, twice, a.length) == 0);
    free(once);
    free(twice);
}

/* The bound of csamatch_address_capacity, under the sanitizer: whatever
 * expands most, in lengths around every limit, alone and mixed. */
static void worst_expanders(void)
{
    static const char *const pieces[] = {
        "\uFDFA",      /* three bytes mapped to 18 code points, three of them spaces */
        "\u3316",      /* to six */
        "\u0390",      /* decomposes into three */
        "\U0001D160",  /* into three, of four bytes each */
        "\u2105",      /* to "c/o", an escape */
        "\U000E0100",  /* ignored */
        "\u00FC.",     /* an A-label for three bytes */
        "\u00FC. ",    /* with an escape */
        "\U0010FFFF",  /* not allowed, the longest deltas */
        "\U0010FFFF\u00A1", "\x80", "\uAC01", "\u0308", "\u0323\u0308", "\u2024", "\u0378.",
    };
    enum { KINDS = sizeof pieces / sizeof pieces[0] };
    static const unsigned counts[] = {1,   2,   3,   30,  56,  57,  58,   85,   86,  113, 114,
                                      128, 170, 171, 204, 205, 206, 255,  256,  257, 340, 341,
                                      342, 343, 511, 512, 513, 514, 1023, 1024, 1025};
    for (unsigned kind = 0; kind < KINDS * KINDS; kind++) {
        const char *first = pieces[kind % KINDS], *second = pieces[kind / KINDS];
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            bounded(first, second, counts[i]);
        if (failures > 0) {
            fprintf(stderr, "kind %u\n", kind);
            return;
        }
    }
}

/* No code point expands beyond its room, none composes with what never can. */
static void every_code_point(void)
{
    size_t valid = 0, ignored = 0;
    for (uint32_t code = 0; code <= 0x110000; code++) {
        uint32_t out[CSM_EXPANSION_ROOM], again[CSM_EXPANSION_ROOM];
        size_t n = csm_unicode_expand(code, out);
        valid += (csm_unicode_classify(code).flags & CSM_VALID) != 0;
        ignored += n == 0;
        CHECK(n <= CSM_EXPANSION_ROOM);
        for (size_t i = 0; i < n; i++)
            CHECK(csm_unicode_expand(out[i], again) == 1 && again[0] == out[i]);
        if (failures > 0) {
            fprintf(stderr, "U+%04X\n", (unsigned)code);
            return;
        }
    }
    CHECK(valid == 165888 && ignored == 294);
    CHECK(csm_unicode_compose('u', 0x308) == 0xFC && csm_unicode_compose(0x308, 'u') == 0);
    CHECK(csm_unicode_compose(0xAC00, 0x11A8) == 0xAC01 && csm_unicode_compose(0xAC01, 0x11A8) == 0);
    CHECK(csm_unicode_compose(0xAC00, 0x11A7) == 0 && csm_unicode_compose(0x1112, 0x1175) == 0xD788);
}

/* Random code points from where things happen: what comes out is ASCII and
 * normalises to itself. */
static void random_hosts(void)
{
    static const uint16_t blocks[] = {0x0000, 0x0040, 0x0080, 0x0300, 0x0600, 0x0900, 0x1100,
                                      0x1E00, 0x2000, 0x2040, 0x3000, 0xAC00, 0xFD40, 0xFF00};
    unsigned state = 7;
    for (int round = 0; round < 60000 && failures == 0; round++) {
        uint8_t text[160];
        size_t length = 0;
        if (next_random(&state) % 4 == 0) {
            memcpy(text, "xn--", 4);
            length = 4;
        }
        for (unsigned i = next_random(&state) % 40; i > 0; i--) {
            uint32_t code = blocks[next_random(&state) % 14] + next_random(&state) % 64;
            if (code >= 0x800)
                text[length++] = (uint8_t)(0xE0 | code >> 12);
            if (code >= 0x80)
                text[length++] = (uint8_t)(code >= 0x800 ? 0x80 | (code >> 6 & 63) : 0xC0 | code >> 6);
            text[length++] = (uint8_t)(code >= 0x80 ? 0x80 | (code & 63) : code);
        }
        csamatch_address a = {0}, b = {0};
        uint8_t *once = normalize(text, length, &a);
        uint8_t *twice = normalize(once, a.length, &b);
        CHECK(a.length == b.length && memcmp(once, twice, a.length) == 0);
        for (size_t i = 0; i < a.length; i++)
            CHECK(once[i] > 0x20 && once[i] < 0x7F);
        free(once);
        free(twice);
    }
}

int main(void)
{
    literals();
    punycode_samples();
    worst_expanders();
    every_code_point();
    random_hosts();
    return failures != 0;
}
