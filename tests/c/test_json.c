/* The JSON scanner: verdicts and places, in exact memory, cut at every byte.
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "csamatch.h"

static csamatch_status verdict(const char *text, size_t length, size_t cut, uint64_t *line,
                               uint64_t *column)
{
    csamatch_json *json = malloc(csamatch_json_size());
    char *first = exact_copy(text, cut), *second = exact_copy(text + cut, length - cut);
    CHECK(csamatch_json_init(json) == CSAMATCH_OK);
    csamatch_json_feed(json, first, cut);
    csamatch_json_feed(json, second, length - cut);
    csamatch_status status = csamatch_json_finish(json);
    csamatch_json_place(json, line, column);
    free(first);
    free(second);
    free(json);
    return status;
}

/* The same wherever it is cut in two. */
static csamatch_status judge(const char *text)
{
    size_t length = strlen(text);
    uint64_t line, column, other_line, other_column;
    csamatch_status status = verdict(text, length, length, &line, &column);
    for (size_t cut = 0; cut < length; cut++) {
        CHECK(verdict(text, length, cut, &other_line, &other_column) == status);
        CHECK(line == other_line && column == other_column);
    }
    return status;
}

static void accepts(void)
{
    static const char *const texts[] = {
        "0", "-0", "12", "-1.5e+10", "1E5", " true ", "\r\n\tfalse", "null", "\"\"", "[]", "{}",
        "[1,-2,[3.0,{\"a\":[]}],\"b\"]", "{\"a\":{\"b\":null,\"b\":[{}]},\"\":\"\"}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
        "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
        "\"0123456789abcdef0123456789abcdef\"", "[\"0123456789abcde\",\"0123456789abcd\\n\"]",
        "[0.5e-3 , 1e9]", "{ \"k\" : [ ] , \"l\" : { } }",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(judge(texts[i]) == CSAMATCH_OK);
}

static void refuses(void)
{
    static const struct {
        const char *text;
        csamatch_status status;
    } cases[] = {
        {"", CSAMATCH_ERROR_JSON_END}, {" \n", CSAMATCH_ERROR_JSON_END},
        {"[", CSAMATCH_ERROR_JSON_END}, {"{\"a\"", CSAMATCH_ERROR_JSON_END},
        {"\"a", CSAMATCH_ERROR_JSON_END}, {"\"\\ud8", CSAMATCH_ERROR_JSON_END},
        {"tru", CSAMATCH_ERROR_JSON_END}, {"-", CSAMATCH_ERROR_JSON_END},
        {"1e", CSAMATCH_ERROR_JSON_END}, {"\"\xe0\xa0", CSAMATCH_ERROR_JSON_END},
        {"1.x", CSAMATCH_ERROR_JSON_NUMBER}, {"[-]", CSAMATCH_ERROR_JSON_NUMBER},
        {"[1e+]", CSAMATCH_ERROR_JSON_NUMBER}, {"[1,]", CSAMATCH_ERROR_JSON_SYNTAX},
        {"{\"a\":1,}", CSAMATCH_ERROR_JSON_SYNTAX}, {"{\"a\" 1}", CSAMATCH_ERROR_JSON_SYNTAX},
        {"[1 2]", CSAMATCH_ERROR_JSON_SYNTAX}, {"[1}", CSAMATCH_ERROR_JSON_SYNTAX},
        {"{\"a\":1]", CSAMATCH_ERROR_JSON_SYNTAX}, {"nUll", CSAMATCH_ERROR_JSON_SYNTAX},
        {"[01]", CSAMATCH_ERROR_JSON_SYNTAX}, {"\xef\xbb\xbf{}", CSAMATCH_ERROR_JSON_SYNTAX},
        {"01", CSAMATCH_ERROR_JSON_TRAILING}, {"{}{}", CSAMATCH_ERROR_JSON_TRAILING},
        {"\"\n\"", CSAMATCH_ERROR_JSON_CONTROL}, {"\"\\u00x0\"", CSAMATCH_ERROR_JSON_ESCAPE},
        {"\"\\x\"", CSAMATCH_ERROR_JSON_ESCAPE}, {"\"\\ud800\"", CSAMATCH_ERROR_JSON_SURROGATE},
        {"\"\\udc00\"", CSAMATCH_ERROR_JSON_SURROGATE},
        {"\"\\ud800\\n\"", CSAMATCH_ERROR_JSON_SURROGATE},
        {"\"\xc0\xaf\"", CSAMATCH_ERROR_JSON_UTF8}, {"\"\xed\xa0\x80\"", CSAMATCH_ERROR_JSON_UTF8},
        {"\"\xf4\x90\x80\x80\"", CSAMATCH_ERROR_JSON_UTF8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(judge(cases[i].text) == cases[i].status);
}

static void nests(void)
{
    static char text[2 * CSAMATCH_JSON_DEPTH + 2];
    uint64_t line, column;
    memset(text, '[', CSAMATCH_JSON_DEPTH);
    memset(text + CSAMATCH_JSON_DEPTH, ']', CSAMATCH_JSON_DEPTH);
    CHECK(verdict(text, 2 * CSAMATCH_JSON_DEPTH, 7, NULL, NULL) == CSAMATCH_OK);
    memset(text, '[', CSAMATCH_JSON_DEPTH + 1);
    CHECK(verdict(text, 2 * CSAMATCH_JSON_DEPTH, 7, &line, &column) ==
          CSAMATCH_ERROR_JSON_DEPTH);
    CHECK(line == 1 && column == CSAMATCH_JSON_DEPTH + 1);
}

static void arguments(void)
{
    csamatch_json *json = malloc(csamatch_json_size());
    CHECK(csamatch_json_init(NULL) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_json_init(json) == CSAMATCH_OK);
    CHECK(csamatch_json_feed(NULL, "", 0) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_json_feed(json, NULL, 1) == CSAMATCH_ERROR_ARGUMENT);
    CHECK(csamatch_json_feed(json, NULL, 0) == CSAMATCH_OK);
    CHECK(csamatch_json_finish(NULL) == CSAMATCH_ERROR_ARGUMENT);
    csamatch_json_place(NULL, NULL, NULL);
    csamatch_json_place(json, NULL, NULL);
    free(json);
}

int main(void)
{
    accepts();
    refuses();
    nests();
    arguments();
    return failures != 0;
}
