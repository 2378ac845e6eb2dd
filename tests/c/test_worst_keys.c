/* Every kernel on the keys that are worst for directory and windows,
 * against a search of the test's own. */
#include "check.h"
#include "directory.h"

typedef enum key_shape {
    RANDOM,        /* none of the worst: fills every bucket and word */
    ONE_BUCKET,    /* equal in the bits that choose a bucket */
    COUNTING,      /* an arithmetic progression from zero */
    COUNTING_DOWN, /* one up to the last key that there can be */
    LAST_BYTE,     /* equal but for the last byte */
    FIRST_EIGHT,   /* equal but for the first eight bytes */
    LAST_EIGHT,    /* equal but for the last eight bytes */
    SAME_EIGHT,    /* equal in the first eight bytes */
    SAME_ENDS,     /* equal but between the first and the last eight bytes */
    SAME_HASH,     /* alike to the filter: it sees the sum of both ends */
    CLUSTERS,      /* half at one end, half at the other */
    SHAPES
} key_shape;

static size_t row_width;

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, row_width);
}

static void random_bytes(uint8_t *out, size_t size, unsigned *state)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)next_random(state);
}

/* Adds a number to a row, big-endian and without a carry out of its top. */
static void add(uint8_t *row, size_t width, int64_t number)
{
    for (size_t i = width; i-- > 0; number >>= 8) {
        number += row[i];
        row[i] = (uint8_t)(number & 255);
    }
}

static void make_key(uint8_t *key, size_t width, key_shape shape, int64_t number, unsigned *state)
{
    memset(key, shape == COUNTING ? 0 : shape == COUNTING_DOWN ? 255 : 0x55, width);
    switch (shape) {
    case RANDOM: random_bytes(key, width, state); break;
    case ONE_BUCKET: random_bytes(key + 4, width - 4, state); break;
    case COUNTING: add(key, width, 3 * number); break;
    case COUNTING_DOWN: add(key, width, -3 * number); break;
    case LAST_BYTE: key[width - 1] = (uint8_t)(2 * number); break;
    case FIRST_EIGHT: random_bytes(key, 8, state); break;
    case LAST_EIGHT: random_bytes(key + width - 8, 8, state); break;
    case SAME_EIGHT: random_bytes(key + 8, width - 8, state); break;
    case SAME_ENDS: random_bytes(key + 8, width > 16 ? width - 16 : 0, state); break;
    case SAME_HASH:
        random_bytes(key, width, state);
        for (size_t i = 0; i < 8 && width >= 16; i++)
            key[width - 8 + i] = (uint8_t)~key[i];
        break;
    case CLUSTERS:
        memset(key, number % 2 ? 255 : 0, width);
        random_bytes(key + width - 3, 3, state);
        break;
    case SHAPES: break;
    }
}

/* Sorted distinct keys of a shape; at most `count`, fewer where there are no
 * more. */
static size_t make_keys(uint8_t *keys, size_t count, size_t width, key_shape shape, unsigned *state)
{
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        make_key(keys + i * width, width, shape, (int64_t)i, state);
    row_width = width;
    qsort(keys, count, width, compare_rows);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || memcmp(keys + (distinct - 1) * width, keys + i * width, width) != 0)
            memmove(keys + distinct++ * width, keys + i * width, width);
    return distinct;
}

/* Keys, their neighbours, others of the same shape, and any bytes at all. */
static void make_query(uint8_t *query, const uint8_t *keys, size_t count, size_t width,
                       key_shape shape, unsigned *state)
{
    unsigned kind = next_random(state) % 5;
    if (kind == 4 || count == 0)
        random_bytes(query, width, state);
    else if (kind == 3)
        make_key(query, width, shape, (int64_t)(next_random(state) % (2 * count + 2)), state);
    else {
        memcpy(query, keys + next_random(state) % count * width, width);
        add(query, width, (int64_t)kind - 1);
    }
}

/* A case: keys, queries, and where each of these is listed, or -1. */
typedef struct sample {
    uint8_t *keys, *queries;
    int64_t *expected;
    size_t count, width, asked;
} sample;

static sample make_sample(size_t count, size_t width, key_shape shape, size_t asked)
{
    unsigned state = (unsigned)(count * 64 + width) * SHAPES + (unsigned)shape;
    uint8_t *keys = malloc(count * width + 1);
    sample s = {.width = width, .asked = asked};
    s.count = make_keys(keys, count, width, shape, &state);
    s.keys = exact_copy(keys, s.count * width);
    s.queries = malloc(asked * width);
    s.expected = malloc(asked * sizeof *s.expected);
    size_t hits = 0;
    for (size_t i = 0; i < asked; i++) {
        uint8_t *query = s.queries + i * width;
        make_query(query, s.keys, s.count, width, shape, &state);
        const uint8_t *found = bsearch(query, s.keys, s.count, width, compare_rows);
        s.expected[i] = found == NULL ? -1 : (int64_t)((size_t)(found - s.keys) / width);
        hits += found != NULL;
    }
    CHECK(count == 0 || hits > 0);
    CHECK(hits < asked);
    free(keys);
    return s;
}

static void free_sample(sample s)
{
    free(s.keys);
    free(s.queries);
    free(s.expected);
}

/* One batch, in memory of just its size. */
static void match(const csamatch_keyset *set, const sample *s, size_t start, size_t size)
{
    uint8_t *queries = exact_copy(s->queries + start * s->width, size * s->width);
    csamatch_hit *hits = malloc(size * sizeof *hits + 1);
    size_t found = 0, next = 0, wrong = 0;
    CHECK(csamatch_keyset_match(set, queries, size, hits, &found) == CSAMATCH_OK);
    for (size_t i = 0; i < size; i++) {
        int64_t place = s->expected[start + i];
        if (place < 0)
            continue;
        wrong += next >= found || hits[next].query != i || hits[next].position != (uint64_t)place;
        next++;
    }
    CHECK(wrong == 0 && next == found);
    free(hits);
    free(queries);
}

static void run(const char *kernel, const sample *s, directory_kind kind)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 63, 64, 65, 513, 100000};
    csamatch_keyset_options options = {.size = sizeof options, .kernel = kernel};
    csamatch_keyset *set = NULL;
    make_directory(&options, s->keys, s->count, s->width, kind);
    CHECK(csamatch_keyset_create(s->keys, s->count, s->width, &options, &set) == CSAMATCH_OK);
    CHECK(strcmp(csamatch_keyset_kernel(set), kernel) == 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && sizes[i] <= s->asked; i++)
        match(set, s, s->asked - sizes[i], sizes[i]);
    for (size_t i = 0; i < s->asked && i < 300; i++)
        CHECK(csamatch_keyset_find(set, s->queries + i * s->width) == s->expected[i]);
    csamatch_keyset_free(set);
    free_directory(&options);
}

static void run_kernels(size_t count, size_t width, key_shape shape, size_t asked)
{
    sample s = make_sample(count, width, shape, asked);
    int before = failures;
    for (size_t k = 0; k < csamatch_kernel_count(); k++)
        for (directory_kind kind = NO_DIRECTORY; kind < DIRECTORY_KINDS; kind++)
            if (count <= 40 || kind != TINY_DIRECTORY)
                run(csamatch_kernel_name(k), &s, kind);
    if (failures > before)
        fprintf(stderr, "with %zu keys of %zu bytes, shape %d\n", count, width, (int)shape);
    free_sample(s);
}

int main(void)
{
    static const size_t widths[] = {8, 16, 20, 32};
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        for (key_shape shape = RANDOM; shape < SHAPES; shape++) {
            for (size_t count = 0; count <= 40; count++)
                run_kernels(count, widths[w], shape, 80);
            run_kernels(300, widths[w], shape, 600);
            run_kernels(20000, widths[w], shape, 100000);
        }
    }
    for (size_t k = 0; k < csamatch_kernel_count(); k++)
        printf("kernel %s\n", csamatch_kernel_name(k));
    return failures != 0;
}
