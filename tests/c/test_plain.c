/* The fast path for plain URLs against the rules in full: the same bytes, the
 * same attributes, for the corpora under CSAMATCH_SHARED and for as many
 * mutations of them as the first argument says. */
#include "check.h"
#include "internal.h"

enum { LONGEST = 4096, MOST_LINES = 200000 };

static const char *const seeds[] = {
    "http://host.example/",
    "https://www.Host.example:8443/a/b.html?x=1&y=/./%2F#top",
    "host.example",
    "a_b.host-1.example/a//b/../c%41?q",
    "http://host.example:80?x",
    "https://host.example#f",
    "http://1.2.3.4/a/.well-known/x",
    "https://user@sub.sub.host.example:443/\\path/%3F%23;v=1,2",
    "a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.example/p",
    "http://a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.gh/p?q#f",
};

static char **lines;
static size_t line_count;
static unsigned random_state = 7;
static unsigned long plain_count;

static void add_line(const char *line, size_t length)
{
    if (line_count == MOST_LINES || length > LONGEST / 2)
        return;
    lines[line_count] = malloc(length + 1);
    memcpy(lines[line_count], line, length);
    lines[line_count++][length] = 0;
}

static bool read_corpus(const char *folder, const char *name)
{
    char path[LONGEST], line[LONGEST];
    snprintf(path, sizeof path, "%s/data/urls/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL)
        add_line(line, strcspn(line, "\r\n"));
    fclose(file);
    return true;
}

/* Both ways, from and into memory of exactly the sizes promised. */
static void agree(const char *text, size_t length)
{
    static uint8_t *fast, *full;
    static size_t room;
    size_t capacity = csamatch_address_capacity(length);
    if (capacity > room) {
        fast = realloc(fast, capacity);
        full = realloc(full, capacity);
        room = capacity;
    }
    uint32_t readings = next_random(&random_state) & 13;
    csamatch_address a = {.flags = 0}, b = {.flags = 0};
    csamatch_status first = csamatch_url_normalize(text, length, readings, fast, capacity, &a);
    csamatch_status second = csm_url_in_full(text, length, readings, full, capacity, &b);
    bool same = first == second && a.flags == b.flags;
    if (same && first == CSAMATCH_OK) {
        same = a.length == b.length && a.host_length == b.host_length &&
               a.path_length == b.path_length && a.port == b.port &&
               memcmp(fast, full, a.length) == 0;
        csamatch_address address = {.port = -1};
        plain_count += csm_plain_url((const uint8_t *)text, length, readings, fast,
                                     fast + capacity - length, &address);
    }
    if (!same && failures++ < 20)
        fprintf(stderr, "differ in reading %u: %.*s\n", (unsigned)readings, (int)length, text);
}

static char odd_byte(void)
{
    static const char bytes[] = "/.:?#%@\\-_ \t\nAZaz09[]\x7f\x80\xc3\x01~+;=&25eE";
    unsigned choice = next_random(&random_state);
    return choice % 8 == 0 ? (char)(choice >> 8) : bytes[choice % (sizeof bytes - 1)];
}

/* Changes, inserts, removes or doubles a few bytes. */
static size_t mutate(char *text, size_t length)
{
    for (unsigned times = 1 + next_random(&random_state) % 3; times > 0; times--) {
        size_t at = length > 0 ? next_random(&random_state) % length : 0;
        /* Most of what matters lies in front. */
        at = next_random(&random_state) % 2 ? at : at % 24;
        switch (next_random(&random_state) % 4) {
        case 0:
            if (length > 0)
                text[at] = odd_byte();
            break;
        case 1:
            memmove(text + at + 1, text + at, length - at);
            text[at] = odd_byte();
            length++;
            break;
        case 2:
            if (length > 0)
                memmove(text + at, text + at + 1, --length - at);
            break;
        default:
            if (length > 0) {
                memmove(text + at + 1, text + at, length - at);
                length++;
            }
        }
    }
    return length;
}

static void agree_on_mutations(unsigned long count)
{
    char text[LONGEST];
    for (unsigned long i = 0; i < count; i++) {
        const char *line = lines[next_random(&random_state) % line_count];
        size_t length = strlen(line);
        memcpy(text, line, length);
        length = mutate(text, length);
        if (i % 64 == 0) { /* now and then where the sanitizer sees a read past the end */
            char *exact = exact_copy(text, length);
            agree(exact, length);
            free(exact);
        } else {
            agree(text, length);
        }
    }
}

int main(int argc, char **argv)
{
    lines = malloc(MOST_LINES * sizeof *lines);
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
        add_line(seeds[i], strlen(seeds[i]));
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    const char *shared = getenv("CSAMATCH_SHARED");
    if (shared == NULL || !read_corpus(shared, "top100.txt") ||
        !read_corpus(shared, "urlhaus_urls_2018_2022.txt"))
        printf("skipped: the corpora, for want of CSAMATCH_SHARED; mutations of seeds only\n");
    for (size_t i = 0; i < line_count; i++)
        agree(lines[i], strlen(lines[i]));
    unsigned long plain_lines = plain_count;
    agree_on_mutations(count);
    printf("%lu lines, %lu of them plain; %lu mutations, %lu of them plain\n",
           (unsigned long)line_count, plain_lines, count, plain_count - plain_lines);
    CHECK(plain_lines > line_count / 4);
    CHECK(plain_count > count / 4);
    for (size_t i = 0; i < line_count; i++)
        free(lines[i]);
    free(lines);
    return failures != 0;
}
