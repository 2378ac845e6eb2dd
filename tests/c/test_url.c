#include "check.h"
#include "csamatch.h"

/* Normalises from and into memory of exactly the sizes promised. */
static csamatch_status normalize(const char *text, size_t length, uint32_t readings, char *out,
                                 size_t room, csamatch_address *address)
{
    size_t capacity = csamatch_address_capacity(length);
    char *exact = exact_copy(text, length);
    uint8_t *buffer = malloc(capacity);
    csamatch_status status = csamatch_url_normalize(exact, length, readings, buffer, capacity,
                                                    address);
    if (status == CSAMATCH_OK) {
        CHECK(address->length <= capacity);
        CHECK(address->host_length + address->path_length <= address->length);
        size_t size = address->length < room - 1 ? address->length : room - 1;
        memcpy(out, buffer, size);
        out[size] = 0;
    }
    free(buffer);
    free(exact);
    return status;
}

static void reads(const char *text, uint32_t readings, const char *expected)
{
    char out[256];
    csamatch_address address;
    csamatch_status status = normalize(text, strlen(text), readings, out, sizeof out, &address);
    if (status != CSAMATCH_OK || strcmp(out, expected) != 0) {
        fprintf(stderr, "%s: %s\n", text,
                status == CSAMATCH_OK ? out : csamatch_status_text(status));
        failures++;
    }
}

static void gives(const char *text, const char *expected)
{
    reads(text, 0, expected);
}

static void fails(const char *text, csamatch_status expected)
{
    char out[256];
    csamatch_address address;
    CHECK(normalize(text, strlen(text), 0, out, sizeof out, &address) == expected);
}

static void literals(void)
{
    gives("http://host.example/", "host.example/");
    gives("HTTP://u:p@HOST.example.:8080/a?b#c", "host.example/a?b");
    gives("http://good.example%2F@evil.example/", "evil.example/");
    gives("http://evil.example\\@good.example/", "evil.example/@good.example/");
    gives("view-source:blob:http%253A%252F%252Fhost.example/", "host.example/");
    fails("", CSAMATCH_ERROR_NO_HOST);
    fails("http://[::1", CSAMATCH_ERROR_HOST);
    fails("mailto:user@host.example", CSAMATCH_ERROR_NO_HOST);
    gives("http://b\xC3\xBC"
          "cher.example/",
          "xn--bcher-kva.example/");
    fails("blob:blob:blob:blob:blob:blob:blob:blob:blob:blob:http://x/", CSAMATCH_ERROR_NESTING);
}

static void attributes(void)
{
    char out[256];
    csamatch_address a;
    const char *text = "http://u@h.example:99999/%2541?q";
    CHECK(normalize(text, strlen(text), 0, out, sizeof out, &a) == CSAMATCH_OK);
    CHECK(a.host_length == 9 && a.path_length == 2 && a.length == 13 && a.port == -1);
    CHECK(a.flags == (CSAMATCH_ADDRESS_USERINFO | CSAMATCH_ADDRESS_PORT |
                      CSAMATCH_ADDRESS_DOUBLE_ESCAPE | CSAMATCH_ADDRESS_REFUSED));
    text = "0x7f.1:80";
    CHECK(normalize(text, strlen(text), 0, out, sizeof out, &a) == CSAMATCH_OK);
    CHECK(a.port == 80 && a.flags == CSAMATCH_ADDRESS_IP);
    text = "https://h.example:80";
    CHECK(normalize(text, strlen(text), 0, out, sizeof out, &a) == CSAMATCH_OK);
    CHECK(a.port == 80 && a.flags == CSAMATCH_ADDRESS_PORT);
    text = "https://h.example:443/a%3Fb";
    CHECK(normalize(text, strlen(text), 0, out, sizeof out, &a) == CSAMATCH_OK);
    CHECK(a.port == 443 && a.flags == CSAMATCH_ADDRESS_OPEN_PATH);
}

static void refanged(void)
{
    static const char *const defanged[] = {
        "hxxp://bad[.]example/a[.]b", "hXXps[:]//bad(.)example/a[.]b", "h**p[://]bad{.}example/a[.]b",
        "meow://bad[dot]example/a[.]b", "http[:]//bad(DOT)example/a[.]b", "bad{dot}example/a[.]b",
        "//bad\\.example/a[.]b", "https://user@bad[.]example[:]8080/a[.]b", "ftp[:]//bad[.]example/a[.]b",
        "hxxp:bad[.]example/a[.]b", "http:\\\\bad[.]example\\a[.]b",
    };
    char out[256];
    csamatch_address a;
    for (size_t i = 0; i < sizeof defanged / sizeof defanged[0]; i++) {
        reads(defanged[i], CSAMATCH_READ_REFANG, "bad.example/a[.]b");
        size_t length = strlen(defanged[i]);
        CHECK(normalize(defanged[i], length, CSAMATCH_READ_REFANG, out, sizeof out, &a) ==
                  CSAMATCH_OK &&
              (a.flags & CSAMATCH_ADDRESS_REFANGED) != 0);
    }
    static const char *const others[] = {"hxxp.example/", "meow.example/", "a-dot-b.example/",
                                         "a.example/?x=hxxp://b[.]example", "[2001:db8::7]/"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        reads(others[i], CSAMATCH_READ_REFANG, others[i]);
        CHECK(normalize(others[i], strlen(others[i]), CSAMATCH_READ_REFANG, out, sizeof out, &a) ==
                  CSAMATCH_OK &&
              (a.flags & CSAMATCH_ADDRESS_REFANGED) == 0);
    }
    static const char nul[] = "bad[.]\0[.]example";
    CHECK(normalize(nul, sizeof nul - 1, CSAMATCH_READ_REFANG, out, sizeof out, &a) == CSAMATCH_OK);
    CHECK(strcmp(out, "bad.%00.example/") == 0);
}

static void bare_ipv6(void)
{
    reads("2001:db8::7", 0, "[2001:db8::7]/");
    reads("abcd::1/x", 0, "[abcd::1]/x");
    reads("u@::ffff:1.2.3.4?q", 0, "1.2.3.4/?q");
    reads("fe80::1%25eth0", 0, "[fe80::1]/");
    reads("abcd:1", 0, "abcd/");
}

static void other_readings(void)
{
    reads("h.example/a%3Fb", 0, "h.example/a%3Fb");
    reads("h.example/a%3Fb", CSAMATCH_READ_OPEN_PATH, "h.example/a?b");
    reads("276.2.3", 0, "276.2.3/");
    reads("276.2.3", CSAMATCH_READ_WRAP_IP, "20.2.0.3/");
    reads("99999999999999999999999999", CSAMATCH_READ_WRAP_IP, "227.255.255.255/");
    reads("1.2.3.08", CSAMATCH_READ_WRAP_IP, "1.2.3.08/");
    reads("Stra\u1E9Ee.\u03C2\u200D/\u00DF", 0, "xn--strae-oqa.xn--3xa006l/%C3%9F");
    reads("Stra\u1E9Ee.\u03C2\u200D/\u00DF", CSAMATCH_READ_LEGACY_IDNA, "strasse.xn--4xa/%C3%9F");
    reads("xn--strae-oqa", CSAMATCH_READ_LEGACY_IDNA, "xn--strae-oqa/");
    reads("\u00FC.example", CSAMATCH_READ_LEGACY_IDNA, "xn--tda.example/");
}

static void arguments(void)
{
    uint8_t out[2048], key[16];
    csamatch_address a;
    CHECK(csamatch_address_capacity(SIZE_MAX) == 0);
    CHECK(csamatch_url_normalize("x", 1, 0, out, 8, &a) == CSAMATCH_ERROR_SPACE);
    CHECK(csamatch_url_normalize("x", SIZE_MAX, 0, out, 8, &a) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_url_normalize("x", 1, 0, NULL, sizeof out, &a) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_url_normalize("x", 1, 0, out, sizeof out, NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_url_normalize(NULL, 1, 0, out, sizeof out, &a) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_url_normalize(NULL, 0, 0, out, sizeof out, &a) == CSAMATCH_ERROR_NO_HOST);
    CHECK(csamatch_host_normalize(NULL, 0, out, sizeof out, &a) == CSAMATCH_ERROR_NO_HOST);
    CHECK(csamatch_address_key(NULL, 0, 0, key) == CSAMATCH_OK);
    CHECK(csamatch_address_key(out, 2, 1, key) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_address_key(out, 0, 1, NULL) == CSAMATCH_ERROR_ARGUMENT);
    csamatch_address_sets none = {.domain = NULL};
    CHECK(csamatch_url_match(&none, NULL, 0, 0, NULL, NULL) == CSAMATCH_OK);
    CHECK(csamatch_url_match(NULL, NULL, 0, 0, NULL, NULL) == CSAMATCH_ERROR_ARGUMENT);
}

static void host_function(void)
{
    static const char *const hosts[] = {"2001:db8::7", "HOST.", "0x7f.1", "1:2:3:4:5:6:7:8"};
    for (size_t i = 0; i < 4; i++) {
        size_t length = strlen(hosts[i]), capacity = csamatch_address_capacity(length);
        char *exact = exact_copy(hosts[i], length);
        uint8_t *out = malloc(capacity);
        csamatch_address a;
        CHECK(csamatch_host_normalize(exact, length, out, capacity, &a) == CSAMATCH_OK);
        CHECK(a.length == a.host_length && a.path_length == 0);
        free(out);
        free(exact);
    }
}

/* Random strings over the characters that mean something: nothing is read or
 * written out of bounds, and what comes out normalises to itself. */
static void random_strings(void)
{
    static const char alphabet[] = "/\\?#@:.%[]{}25eEfFxX0aA1hHtTpPswS3 \t\n\xC3\xBC\x7F";
    unsigned state = 1;
    for (int round = 0; round < 200000; round++) {
        char text[48], once[400], twice[400];
        static const char *const starts[] = {"", "http", "https%3A", "ws%3a", "@http", "blob:"};
        const char *start = starts[next_random(&state) % 6];
        size_t length = next_random(&state) % (sizeof text - 8) + strlen(start);
        memcpy(text, start, strlen(start));
        for (size_t i = strlen(start); i < length; i++)
            text[i] = alphabet[next_random(&state) % sizeof alphabet];
        csamatch_address a, b;
        if (normalize(text, length, 0, once, sizeof once, &a) != CSAMATCH_OK)
            continue;
        CHECK(normalize(once, a.length, 0, twice, sizeof twice, &b) == CSAMATCH_OK);
        CHECK(a.length == b.length && strcmp(once, twice) == 0);
        if (failures > 0) {
            fprintf(stderr, "from %.*s\n", (int)length, text);
            return;
        }
    }
}

int main(void)
{
    literals();
    attributes();
    refanged();
    bare_ipv6();
    other_readings();
    arguments();
    host_function();
    random_strings();
    return failures != 0;
}
