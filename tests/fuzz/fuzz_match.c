/* csamatch_url_match and csamatch_url_find: each line of the input is a URL,
 * and the first two are listed under every rule.
 * Dictionary: urls.dict
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

enum { MOST = 12, LISTED = 2, WIDTH = CSAMATCH_ADDRESS_KEY_WIDTH, RULES = 4 };

typedef struct listing {
    uint8_t keys[RULES][LISTED * WIDTH];
    csamatch_keyset *sets[RULES]; /* domain, host, url, prefix */
} listing;

static size_t split(const uint8_t *data, size_t size, csamatch_text *urls)
{
    size_t count = 0;
    for (size_t start = 0, end; start <= size && count < MOST; start = end + 1) {
        for (end = start; end < size && data[end] != '\n';)
            end++;
        urls[count++] = (csamatch_text){fuzz_copy(data + start, end - start), end - start};
    }
    return count;
}

/* The keys of a URL's own forms, one for each rule; false when it has none. */
static bool make_keys(const csamatch_text *url, uint8_t keys[RULES][WIDTH])
{
    size_t capacity = csamatch_address_capacity(url->length);
    uint8_t *out = fuzz_room(capacity);
    csamatch_address a;
    bool good = csamatch_url_normalize(url->data, url->length, 0, out, capacity, &a) ==
                CSAMATCH_OK;
    if (good) {
        size_t host = a.host_length, prefix = host + a.path_length;
        while (out[prefix - 1] != '/')
            prefix--;
        const size_t ends[RULES] = {host, host, a.length, prefix};
        for (size_t i = 0; i < RULES; i++)
            REQUIRE(csamatch_address_key(out, host, ends[i], keys[i]) == CSAMATCH_OK);
    }
    free(out);
    return good;
}

static void make_list(const csamatch_text *urls, size_t count, listing *list)
{
    size_t n = 0;
    for (size_t i = 0; i < count && i < LISTED; i++) {
        uint8_t keys[RULES][WIDTH];
        if (!make_keys(&urls[i], keys))
            continue;
        for (size_t rule = 0; rule < RULES; rule++)
            memcpy(list->keys[rule] + n * WIDTH, keys[rule], WIDTH);
        n++;
    }
    for (size_t rule = 0; rule < RULES; rule++) {
        uint8_t *keys = list->keys[rule];
        size_t unique;
        REQUIRE(csamatch_rows_sort(keys, n, WIDTH) == CSAMATCH_OK);
        REQUIRE(csamatch_rows_unique(keys, n, WIDTH, &unique) == CSAMATCH_OK);
        REQUIRE(csamatch_keyset_create(keys, unique, WIDTH, NULL, &list->sets[rule]) ==
                CSAMATCH_OK);
    }
}

/* The form that is said to be listed has the key that is listed. */
static void is_listed(const listing *list, const uint8_t *out, const csamatch_form *form)
{
    REQUIRE(form->rule >= CSAMATCH_RULE_DOMAIN && form->rule <= CSAMATCH_RULE_PREFIX);
    size_t rule = form->rule - CSAMATCH_RULE_DOMAIN, length = form->end - form->start;
    REQUIRE(form->start < form->end);
    REQUIRE((uint64_t)form->position < csamatch_keyset_size(list->sets[rule]));
    const uint8_t *start = out + form->start, *slash = memchr(start, '/', length);
    uint8_t key[WIDTH];
    REQUIRE(csamatch_address_key(start, slash != NULL ? (size_t)(slash - start) : length, length,
                                 key) == CSAMATCH_OK);
    REQUIRE(memcmp(key, list->keys[rule] + WIDTH * (size_t)form->position, WIDTH) == 0);
}

/* One URL by itself gives what it gave in the batch. */
static void check_single(const listing *list, const csamatch_address_sets *sets,
                         const csamatch_text *url, uint32_t readings, int64_t position,
                         uint8_t rule)
{
    size_t capacity = csamatch_address_capacity(url->length);
    uint8_t *out = fuzz_room(capacity);
    csamatch_form form;
    csamatch_address a;
    REQUIRE(csamatch_url_find(sets, url, readings, out, capacity, &form) == CSAMATCH_OK);
    REQUIRE(form.position == position && form.rule == rule);
    if (position >= 0)
        is_listed(list, out, &form);
    else
        REQUIRE(position == -1 && (rule == CSAMATCH_RULE_NONE || rule == CSAMATCH_RULE_INVALID));
    if (csamatch_url_normalize(url->data, url->length, readings, out, capacity, &a) == CSAMATCH_OK)
        REQUIRE(rule != CSAMATCH_RULE_INVALID);
    free(out);
}

static void check_batch(const listing *list, const csamatch_address_sets *sets, uint8_t expected,
                        const csamatch_text *urls, size_t count, uint32_t readings)
{
    int64_t *positions = fuzz_room(count * sizeof *positions);
    uint8_t *rules = fuzz_room(count);
    REQUIRE(csamatch_url_match(sets, urls, count, readings, positions, rules) == CSAMATCH_OK);
    for (size_t i = 0; i < count; i++) {
        check_single(list, sets, &urls[i], readings, positions[i], rules[i]);
        if (i < LISTED && readings == 0) /* what is listed is found, by the most special rule */
            REQUIRE(rules[i] == expected || rules[i] == CSAMATCH_RULE_INVALID);
    }
    free(rules);
    free(positions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    csamatch_text urls[MOST];
    listing list;
    size_t count = split(data, size, urls);
    make_list(urls, count, &list);
    csamatch_keyset *const *sets = list.sets;
    const csamatch_address_sets all = {
        .domain = sets[0], .host = sets[1], .url = sets[2], .prefix = sets[3]};
    const csamatch_address_sets alone[RULES] = {
        {.domain = sets[0]}, {.host = sets[1]}, {.url = sets[2]}, {.prefix = sets[3]}};
    size_t one = size % RULES; /* the fuzzer tries inputs of every length */
    check_batch(&list, &all, CSAMATCH_RULE_URL, urls, count, 0);
    check_batch(&list, &all, CSAMATCH_RULE_URL, urls, count, CSAMATCH_READ_REFANG);
    check_batch(&list, &alone[one], (uint8_t)(CSAMATCH_RULE_DOMAIN + one), urls, count, 0);
    for (size_t i = 0; i < RULES; i++)
        csamatch_keyset_free(list.sets[i]);
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)urls[i].data);
    return 0;
}
