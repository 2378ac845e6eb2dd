/* Looking up URLs against an oracle that builds every form of an address and
 * searches the listed ones one by one: with and without what may be known of
 * the sets, on every kernel, in batches and alone. */
#include "check.h"
#include "internal.h"

enum { WIDTH = CSAMATCH_ADDRESS_KEY_WIDTH, LISTED = 300, ASKED = 700, LONGEST = 2000 };

/* From the least specific to the most. */
enum { DOMAIN, HOST, PREFIX, URL, RULES };
static const uint8_t codes[RULES] = {CSAMATCH_RULE_DOMAIN, CSAMATCH_RULE_HOST,
                                     CSAMATCH_RULE_PREFIX, CSAMATCH_RULE_URL};

static char *listed[RULES][LISTED]; /* canonical forms */
static uint8_t keys[RULES][LISTED * WIDTH], page_hosts[2 * LISTED * WIDTH];
static size_t key_count[RULES], page_host_count;
static char *asked[ASKED];
static unsigned state = 11;

static size_t host_length(const char *text)
{
    return strcspn(text, "/");
}

/* Few labels and segments, so that many addresses share some; now and then
 * enough of them to leave the lanes. */
static void random_host(char *out)
{
    static const char *const labels[] = {"a", "bad", "x23", "7", "eightchr", "seventh", "n-in_e9"};
    size_t count = next_random(&state) % 16 == 0 ? 45 : next_random(&state) % 5;
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        strcat(out, labels[next_random(&state) % 7]);
        strcat(out, ".");
    }
    if (next_random(&state) % 5 == 0) /* no name by itself, nor are labels of digits before it */
        strcat(out, next_random(&state) % 2 ? "bad.23" : "a276.7.23");
    else
        strcat(out, next_random(&state) % 2 ? "x.example" : "test.test");
    if (next_random(&state) % 20 == 0)
        strcpy(out, next_random(&state) % 2 ? "203.0.113.7" : "[2001:db8::7]");
}

static void random_path(char *out)
{
    static const char *const names[] = {"a", "page", "sevench", "eight8ch", "b.html"};
    size_t count = next_random(&state) % 4 == 0 ? 60 : next_random(&state) % 4;
    strcat(out, "/");
    for (size_t i = 0; i < count; i++) {
        strcat(out, names[next_random(&state) % 5]);
        if (i + 1 < count || next_random(&state) % 2)
            strcat(out, "/");
    }
    if (next_random(&state) % 3 == 0)
        strcat(out, next_random(&state) % 2 ? "?q=/a/b" : "?");
}

static void store_key(const char *text, size_t host, uint8_t *key)
{
    CHECK(csamatch_address_key((const uint8_t *)text, host, strlen(text), key) == CSAMATCH_OK);
}

static size_t sort_keys(uint8_t *rows, size_t count)
{
    size_t unique = 0;
    CHECK(csamatch_rows_sort(rows, count, WIDTH) == CSAMATCH_OK);
    CHECK(csamatch_rows_unique(rows, count, WIDTH, &unique) == CSAMATCH_OK);
    return unique;
}

static void make_lists(void)
{
    for (int rule = 0; rule < RULES; rule++) {
        for (size_t i = 0; i < LISTED; i++) {
            char text[LONGEST];
            random_host(text);
            if (rule >= PREFIX)
                random_path(text);
            if (rule == PREFIX)
                strrchr(strtok(text, "?"), '/')[1] = 0;
            listed[rule][i] = exact_copy(text, strlen(text) + 1);
            store_key(text, host_length(text), keys[rule] + i * WIDTH);
            if (rule >= PREFIX) {
                text[host_length(text)] = 0;
                store_key(text, strlen(text), page_hosts + page_host_count++ * WIDTH);
            }
        }
        key_count[rule] = sort_keys(keys[rule], LISTED);
    }
    page_host_count = sort_keys(page_hosts, page_host_count);
}

static bool is_ip(const char *host)
{
    return host[0] == '[' || strncmp(host, "203.", 4) == 0;
}

static void make_queries(void)
{
    for (size_t i = 0; i < ASKED; i++) {
        char text[LONGEST];
        switch (next_random(&state) % 3) {
        case 0:
            random_host(text);
            if (!is_ip(text) && next_random(&state) % 2)
                strcat(text, ".invalid");
            random_path(text);
            break;
        case 1:
            strcpy(text, listed[next_random(&state) % RULES][next_random(&state) % LISTED]);
            break;
        default: {
            const char *domain = listed[DOMAIN][next_random(&state) % LISTED];
            strcpy(text, is_ip(domain) ? "" : "sub.seventh.x.");
            strcat(text, domain);
            random_path(text);
        }
        }
        asked[i] = exact_copy(text, strlen(text) + 1);
    }
}

/* Is the form of `text` that a rule takes, from `start` to `end`, listed? */
static bool is_listed(int rule, const char *text, size_t start, size_t end)
{
    for (size_t i = 0; i < LISTED; i++) {
        if (strlen(listed[rule][i]) == end - start &&
            memcmp(listed[rule][i], text + start, end - start) == 0)
            return true;
    }
    return false;
}

/* The most specific form that is listed: its rule, or NONE, and where it lies. */
static uint8_t expect(const char *text, size_t *start, size_t *end)
{
    uint8_t rule = CSAMATCH_RULE_NONE;
    size_t length = strlen(text), host = host_length(text), path = strcspn(text, "?");
    *start = *end = 0;
    for (size_t i = host; i-- > 0;) {
        bool is_name = strspn(text + i, "0123456789.") < host - i;
        if ((i == 0 || text[i - 1] == '.') && (i == 0 || (!is_ip(text) && is_name)) &&
            is_listed(DOMAIN, text, i, host)) {
            rule = codes[DOMAIN];
            *start = i;
            *end = host;
        }
    }
    for (int which = HOST; which < RULES; which++) {
        for (size_t i = 1; i <= length; i++) {
            bool whole = which == HOST ? i == host
                         : which == URL ? i == length
                                        : i <= path && text[i - 1] == '/';
            if (whole && is_listed(which, text, 0, i)) {
                rule = codes[which];
                *start = 0;
                *end = i;
            }
        }
    }
    return rule;
}

static csamatch_keyset *make_set(const uint8_t *rows, size_t count, const char *kernel)
{
    csamatch_keyset *set = NULL;
    csamatch_keyset_options options = {.size = sizeof options, .kernel = kernel};
    CHECK(csamatch_keyset_create(rows, count, WIDTH, &options, &set) == CSAMATCH_OK);
    return set;
}

static void agree(const csamatch_address_sets *sets, const uint8_t *rules, const size_t *starts,
                  const size_t *ends)
{
    csamatch_text texts[ASKED];
    int64_t positions[ASKED];
    uint8_t found[ASKED];
    for (size_t i = 0; i < ASKED; i++) {
        /* A canonical form without a slash would be read as a bare host. */
        texts[i] = (csamatch_text){asked[i], strlen(asked[i])};
    }
    CHECK(csamatch_url_match(sets, texts, ASKED, 0, positions, found) == CSAMATCH_OK);
    for (size_t i = 0; i < ASKED; i++) {
        size_t capacity = csamatch_address_capacity(texts[i].length);
        uint8_t *out = malloc(capacity);
        csamatch_form form;
        CHECK(csamatch_url_find(sets, &texts[i], 0, out, capacity, &form) == CSAMATCH_OK);
        CHECK(form.rule == found[i] && form.position == positions[i]);
        bool same = found[i] == rules[i] && (positions[i] >= 0) == (rules[i] != 0) &&
                    (rules[i] == 0 || (form.start == starts[i] && form.end == ends[i]));
        CHECK(same);
        if (!same && failures < 20)
            fprintf(stderr, "%s: rule %d, not %d\n", asked[i], found[i], rules[i]);
        free(out);
    }
}

int main(void)
{
    static uint8_t rules[ASKED];
    static size_t starts[ASKED], ends[ASKED];
    size_t seen[256] = {0};
    make_lists();
    make_queries();
    for (size_t i = 0; i < ASKED; i++) {
        char text[LONGEST]; /* what a bare host is read as */
        snprintf(text, sizeof text, "%s%s", asked[i], strchr(asked[i], '/') ? "" : "/");
        rules[i] = expect(text, &starts[i], &ends[i]);
        seen[rules[i]]++;
    }
    CHECK(seen[0] > 20);
    for (int rule = 0; rule < RULES; rule++)
        CHECK(seen[codes[rule]] > 20);
    for (size_t k = 0; k < csamatch_kernel_count(); k++) {
        const char *kernel = csamatch_kernel_name(k);
        csamatch_keyset *set[RULES], *hosts = make_set(page_hosts, page_host_count, kernel);
        for (int rule = 0; rule < RULES; rule++)
            set[rule] = make_set(keys[rule], key_count[rule], kernel);
        csamatch_address_sets sets = {.domain = set[DOMAIN], .host = set[HOST],
                                      .url = set[URL], .prefix = set[PREFIX]};
        agree(&sets, rules, starts, ends);
        sets.page_hosts = hosts;
        agree(&sets, rules, starts, ends);
        sets.domain_labels = 1;
        agree(&sets, rules, starts, ends);
        sets.domain_labels = 2;
        agree(&sets, rules, starts, ends);
        for (int rule = 0; rule < RULES; rule++)
            csamatch_keyset_free(set[rule]);
        csamatch_keyset_free(hosts);
    }
    for (size_t i = 0; i < ASKED; i++)
        free(asked[i]);
    for (size_t i = 0; i < LISTED * RULES; i++)
        free(listed[i / LISTED][i % LISTED]);
    return failures != 0;
}
