#include "check.h"
#include "csamatch.h"
#include "links.h"

enum { MOST = 16 };

/* Finds the links in a text, room for `room` of them at a time. */
static size_t find(const char *text, size_t length, uint32_t readings, size_t room,
                   csamatch_link *links, size_t most)
{
    csamatch_link_cursor cursor = {0};
    char *exact = exact_copy(text, length);
    size_t count = 0, n;
    while (cursor.at < length && count < most) {
        size_t left = most - count;
        CHECK(csamatch_links_find(exact, length, readings, &cursor, links + count,
                                  room < left ? room : left, &n) == CSAMATCH_OK);
        count += n;
    }
    free(exact);
    return count;
}

/* `expected` has the links of `text`, one space between them, each with its
 * kind in front: u for those with a scheme, h for bare hosts, U and H for
 * defanged ones. */
static void links_are(const char *text, uint32_t readings, const char *expected)
{
    static const char kinds[] = "?uh??UH"; /* by URL, HOST and DEFANGED */
    for (size_t room = 1; room <= MOST; room += MOST - 1) {
        csamatch_link links[MOST];
        char said[1024] = "";
        size_t n = find(text, strlen(text), readings, room, links, MOST), at = 0;
        for (size_t i = 0; i < n; i++) {
            unsigned kind = links[i].kind & ~(unsigned)CSAMATCH_LINK_SENTENCE;
            CHECK(links[i].start < links[i].end && links[i].end <= strlen(text) && kind < 7);
            at += (size_t)snprintf(said + at, sizeof said - at, "%s%c%.*s", i > 0 ? " " : "",
                                   kinds[kind],
                                   (int)(links[i].end - links[i].start), text + links[i].start);
        }
        if (strcmp(said, expected) != 0) {
            fprintf(stderr, "%s\n  found    %s\n  expected %s\n", text, said, expected);
            failures++;
        }
    }
}

static void found(const char *text, const char *expected)
{
    links_are(text, 0, expected);
}

static void refanged(const char *text, const char *expected)
{
    links_are(text, CSAMATCH_READ_REFANG, expected);
}

static void schemes(void)
{
    found("http://a.example", "uhttp://a.example");
    found("seehttps://a.example.", "uhttps://a.example");
    found("end.http://a.example/b.", "uhttp://a.example/b");
    found("HTTP:\\\\a.example\\b", "uHTTP:\\\\a.example\\b");
    found("http:/a.example", "uhttp:/a.example");
    found("http:\\/\\/a.example\\/b", "uhttp:\\/\\/a.example\\/b");
    found("git+ssh://u@a.example/b", "ussh://u@a.example/b");
    found("view-source:http://a.example", "uhttp://a.example");
    found("c://b http:// http://. ://a http:///", "");
    found("file:///etc/a s3://bucket/key", "us3://bucket/key");
    found("http://a.examplehttp://b.example", "uhttp://a.example uhttp://b.example");
    found("http://a.example/,http://b.example/", "uhttp://a.example/ uhttp://b.example/");
    found("http://localhost:8080/a", "uhttp://localhost:8080/a");
}

static void hosts(void)
{
    found("http://u:p@a.example:81/", "uhttp://u:p@a.example:81/");
    found("http://u@v@a.example", "uhttp://u@v@a.example");
    found("http://a.example:x@", "uhttp://a.example");
    found("http://a.example: b", "uhttp://a.example");
    found("http://a.example:123456", "uhttp://a.example");
    found("http://[2001:db8::7]:8080/a", "uhttp://[2001:db8::7]:8080/a");
    found("[http://[::1]]", "uhttp://[::1]");
    found("http://[a.example http://[::1", "ha.example");
    found("http://203.0.113.7/a, 203.0.113.7", "uhttp://203.0.113.7/a");
    found("http://%62ad.example/", "uhttp://%62ad.example/");
    found("http://%6", "");
    found("http://a.example./b http://a.example.", "uhttp://a.example./b uhttp://a.example");
    found("http://a.example...b", "uhttp://a.example");
    found("_http://a.example_ _http://b.example/c_", "uhttp://a.example uhttp://b.example/c");
    found("http://b\xC3\xBC""cher.example", "uhttp://b\xC3\xBC""cher.example");
    /* ideographic full stops: a dot, the end of a sentence */
    found("http://b\xC3\xBC""cher\xE3\x80\x82""example", "uhttp://b\xC3\xBC""cher\xE3\x80\x82""example");
    found("http://a.example\xE3\x80\x82\xE8\xB0\xA2", "uhttp://a.example");
    found("http://a.example\xE3\x80\x82Next", "uhttp://a.example");
    /* letters of scripts without blanks */
    found("http://a.example\xE3\x82\x92\xE8\xA6\x8B", "uhttp://a.example");
    found("http://\xE4\xBE\x8B.example/\xE8\xA6\x8B", "uhttp://\xE4\xBE\x8B.example/\xE8\xA6\x8B");
    found("http://a.example/b\xE8\xA6\x8B", "uhttp://a.example/b");
    /* what is no UTF-8, a surrogate, an emoji */
    found("http://a.example/\xE9 \xC3", "uhttp://a.example/");
    found("http://a.example/\xED\xA0\x80", "uhttp://a.example/");
    found("http://a.example\xF0\x9F\x91\x89", "uhttp://a.example");
    found("http://a.example/b\xE2\x80\x8B" "c", "uhttp://a.example/b");
}

static void ends(void)
{
    found("(http://a.example/b_(c)).", "uhttp://a.example/b_(c)");
    found("[x](http://a.example/b) {http://a.example}", "uhttp://a.example/b uhttp://a.example");
    found("[url]http://a.example/b[/url]", "uhttp://a.example/b");
    found("<http://a.example/b> \"http://a.example/c\"", "uhttp://a.example/b uhttp://a.example/c");
    found("'http://a.example/b';x it's http://a.example/c's",
          "uhttp://a.example/b uhttp://a.example/c's");
    found("**http://a.example/b** `http://a.example/c`", "uhttp://a.example/b uhttp://a.example/c");
    found("<http://a.example/b|label>", "uhttp://a.example/b");
    found("http://a.example/b?c=d&e#f!?", "uhttp://a.example/b?c=d&e#f");
    found("http://a.example? http://a.example/...", "uhttp://a.example uhttp://a.example/");
    found("\xC2\xABhttp://a.example/b\xC2\xBB", "uhttp://a.example/b");
    found("http://a.example/b\xE2\x80\x94 c", "uhttp://a.example/b");
}

static void bare_hosts(void)
{
    found("a.example, www.b.example/c. (d.example)", "ha.example hwww.b.example/c hd.example");
    found("a.example:80/b a.example:x a.example?b", "ha.example:80/b ha.example ha.example?b");
    found("me@a.example a.b@c.example /a.example \\a.example $a.example", "");
    found("src=\"//a.example/b\" x//a.example", "ha.example/b");
    found("-a.example_ ..a.example", "ha.example ha.example");
    found("3.14 1.2.3.4 v1.2.3 a.1 U.S.A. e.g. i.e. a.b_c ...", "");
    found("\xE8\xAF\xB7""a.example\xE3\x82\x92\xE8\xA6\x8B", "ha.example");
    found("\xE8\xB0\xA2\xE3\x80\x82\xE8\xB0\xA2\xE3\x80\x82""a", "");
    /* one that the caller may refuse does not hide a link */
    found("either or.maybe/http://a.example/ b.example",
          "hor.maybe/http://a.example/ uhttp://a.example/ hb.example");
}

/* Whether the first link of a text may have run into the next sentence. */
static bool runs_on(const char *text)
{
    csamatch_link link;
    CHECK(find(text, strlen(text), 0, 1, &link, 1) == 1);
    return (link.kind & CSAMATCH_LINK_SENTENCE) != 0;
}

static void sentences(void)
{
    CHECK(runs_on("http://a.example.Next b") && runs_on("a.example.Next b"));
    CHECK(runs_on("b.Next") && runs_on("http://u@b.It."));
    CHECK(!runs_on("http://a.example.next") && !runs_on("http://a.EXAMPLE.Next"));
    CHECK(!runs_on("http://a.example.Next/b") && !runs_on("a.example.Next:80"));
    CHECK(!runs_on("http://Next") && !runs_on("http://[::A]"));
}

static void defanged(void)
{
    refanged("hxxp://bad[.]example/x.", "Uhxxp://bad[.]example/x");
    refanged("hXXps[:]//bad(dot)example[:]81/", "UhXXps[:]//bad(dot)example[:]81/");
    refanged("http[://]bad\\.example", "Uhttp[://]bad\\.example");
    refanged("h**ps://bad.example meow://b.example", "Uh**ps://bad.example Umeow://b.example");
    refanged("bad[.]example (bad{.}example) http://a.example",
             "Hbad[.]example Hbad{.}example uhttp://a.example");
    refanged("203[.]0[.]113[.]7, 3.14 [.] (.)", "H203[.]0[.]113[.]7");
    found("bad[.]example http[:]//a", "");
}

/* Texts that make a careless scanner go over them again and again. */
static void hostile(void)
{
    static const char *const parts[] = {
        "http:",    "http:/", "http://", "http://a",   "a.",     ".",       "a.bc/,", "a@",
        "http://@", "((((",   "[",       "http://[::", "[://]",  "hxxp[:]", "h**p",   "\xE3\x80\x82",
        "a\xE8\xB0\xA2", "a.bc/(http://a.bc/)", "_", "%41", "\xE2\x80\x8B", "http://a,@", ",http://",
    };
    enum { SIZE = 1 << 18, ROOM = 1 << 17 };
    char *text = malloc(SIZE);
    csamatch_link *links = malloc(ROOM * sizeof *links);
    if (text == NULL || links == NULL)
        abort();
    for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
        size_t size = strlen(parts[p]), length = SIZE / size * size;
        for (size_t i = 0; i < length; i += size)
            memcpy(text + i, parts[p], size);
        size_t n = find(text, length, CSAMATCH_READ_REFANG, 100, links, ROOM);
        for (size_t i = 0; i < n; i++)
            CHECK(links[i].start < links[i].end && links[i].end <= length &&
                  (i == 0 || links[i].start > links[i - 1].start));
    }
    free(text);
    free(links);
}

/* Random pieces: links lie in the text and in order, whatever the room. */
static void random_texts(void)
{
    static const char *const pieces[] = {
        "http", "://", "a", "Bc", ".", "/", "@", ":", "8", "[", "]", "(", ")", "?", "#", "'", " ",
        "example", "[.]", "hxxp", "\\", "%2e", "\xE3\x80\x82", "\xE8\xB0\xA2", "\xC3\xBC", "\xF0",
        "\x80", "_", "-", ",", "\xF0\x9F\x91\x89", "\xE2\x80\x94", "\xE2\x80\x8B", "*", "h**p", "::1",
    };
    unsigned state = 7;
    for (int round = 0; round < 20000; round++) {
        char text[256];
        size_t length = 0;
        for (unsigned n = next_random(&state) % 24; n > 0; n--) {
            const char *piece = pieces[next_random(&state) % (sizeof pieces / sizeof pieces[0])];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        csamatch_link one[128], many[128];
        uint32_t readings = round % 2 ? CSAMATCH_READ_REFANG : 0;
        size_t n = find(text, length, readings, 1, one, 128);
        CHECK(find(text, length, readings, 128, many, 128) == n);
        size_t end = 0; /* of the last one with a scheme */
        for (size_t i = 0; i < n; i++) {
            CHECK(memcmp(&one[i].start, &many[i].start, sizeof one[i].start) == 0);
            CHECK(one[i].end == many[i].end && one[i].kind == many[i].kind);
            CHECK(one[i].start < one[i].end && one[i].end <= length && one[i].start >= end);
            if ((one[i].kind & CSAMATCH_LINK_URL) != 0)
                end = one[i].end;
        }
    }
}

static void arguments(void)
{
    csamatch_link_cursor cursor = {0};
    csamatch_link link;
    size_t count = 9;
    CHECK(csamatch_links_find(NULL, 0, 0, &cursor, NULL, 0, &count) == CSAMATCH_OK && count == 0);
    CHECK(csamatch_links_find(NULL, 1, 0, &cursor, &link, 1, &count) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_links_find("a", 1, 0, NULL, &link, 1, &count) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_links_find("a", 1, 0, &cursor, NULL, 1, &count) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_links_find("a", 1, 0, &cursor, &link, 1, NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_links_find("a", 1, 0, &cursor, NULL, 0, &count) == CSAMATCH_OK && count == 0);
    CHECK(cursor.at == 0);
    cursor.at = 2;
    CHECK(csamatch_links_find("a", 1, 0, &cursor, &link, 1, &count) == CSAMATCH_ERROR_ARGUMENT);
}

static void characters(void)
{
    size_t width;
    CHECK(csm_character_at((const uint8_t *)"\xC2\xA0", 2, &width) == CSM_CHAR_END && width == 2);
    CHECK(csm_character_at((const uint8_t *)"\xC2", 1, &width) == CSM_CHAR_END && width == 1);
    CHECK(csm_character_at((const uint8_t *)"\xC0\xAE", 2, &width) == CSM_CHAR_END && width == 1);
    CHECK(csm_character_at((const uint8_t *)"\xEF\xBC\x8E", 3, &width) == CSM_CHAR_DOT);
    CHECK(csm_character_at((const uint8_t *)"\xF0\x9F\x91\x89", 4, &width) == CSM_CHAR_SYMBOL);
    CHECK(csm_character_at((const uint8_t *)"\xED\xA0\x80", 3, &width) == CSM_CHAR_END);
    CHECK(csm_character_at((const uint8_t *)"\xF4\x90\x80\x80", 4, &width) == CSM_CHAR_END);
    CHECK(csm_character_at((const uint8_t *)"\xD0\xB0", 2, &width) == CSM_CHAR_PLAIN);
}

int main(void)
{
    schemes();
    hosts();
    ends();
    bare_hosts();
    defanged();
    sentences();
    characters();
    arguments();
    random_texts();
    hostile();
    return failures != 0;
}
