/* Looks digests or URLs up in a list file.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   lookup FILE DIGEST-OR-URL...
 *
 * prints a line for each one: its number, and the rule and position of the key
 * that hit, or "no match". Like the command line of the package it exits with
 * 0 where nothing matched, 1 where something did, 2 for an error. */
#include <csamatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECTS = CSAMATCH_RULE_PREFIX + 1 };

/* A list file in memory, and a key set for each algorithm or rule in it. */
typedef struct list {
    uint8_t *data;
    size_t length;
    csamatch_listfile file;
    csamatch_keyset *sets[SUBJECTS];
} list;

static void close_list(list *l)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        csamatch_keyset_free(l->sets[i]);
    free(l->data);
}

/* Reads the whole file. Directories are fastest where they begin with a cache
 * line; in the file they do, so the memory has to. */
static int read_file(list *l, const char *path)
{
    FILE *stream = fopen(path, "rb");
    long end = -1;
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0)
        end = ftell(stream);
    if (end >= 0 && fseek(stream, 0, SEEK_SET) == 0) {
        l->length = (size_t)end;
        l->data = aligned_alloc(64, (l->length / 64 + 1) * 64);
    }
    int is_read = l->data != NULL && fread(l->data, 1, l->length, stream) == l->length;
    if (stream != NULL)
        fclose(stream);
    return is_read;
}

/* Finds the section of that kind and subject; false where there is none. */
static int find_section(const list *l, uint32_t kind, uint32_t subject, csamatch_section *section)
{
    for (size_t i = 0; i < l->file.section_count; i++) {
        if (csamatch_listfile_section(l->data, l->length, i, section) == CSAMATCH_OK &&
            section->kind == kind && section->subject == subject)
            return 1;
    }
    return 0;
}

/* Makes the key set of a subject, with its directory if it has one. Keys out
 * of order or a wrong directory would miss keys, so both are checked once. */
static csamatch_status open_keys(list *l, uint32_t subject)
{
    csamatch_section keys, directory;
    if (!find_section(l, CSAMATCH_SECTION_KEYS, subject, &keys))
        return CSAMATCH_OK;
    const uint8_t *rows = l->data + keys.offset;
    size_t count = (size_t)keys.count, width = (size_t)keys.width;
    csamatch_status status = csamatch_rows_check(rows, count, width, NULL);
    csamatch_keyset_options options = {.size = sizeof options};
    if (status == CSAMATCH_OK && find_section(l, CSAMATCH_SECTION_DIRECTORY, subject, &directory)) {
        options.directory = l->data + directory.offset;
        options.directory_lines = (size_t)directory.count - 1;
        status = csamatch_directory_check(rows, count, width, options.directory,
                                          options.directory_lines);
    }
    if (status != CSAMATCH_OK)
        return status;
    return csamatch_keyset_create(rows, count, width, &options, &l->sets[subject]);
}

static csamatch_status open_list(list *l)
{
    csamatch_status status = csamatch_listfile_parse(l->data, l->length, &l->file);
    for (uint32_t subject = 0; status == CSAMATCH_OK && subject < SUBJECTS; subject++)
        status = open_keys(l, subject);
    return status;
}

/* Looks a digest in hex up among the keys of its width. */
static csamatch_status match_digest(const list *l, const char *text, uint8_t *rule,
                                    int64_t *position)
{
    uint8_t digest[32];
    size_t digits = strlen(text);
    if (digits != 32 && digits != 40 && digits != 64)
        return CSAMATCH_ERROR_LENGTH;
    csamatch_status status = csamatch_hex_decode(text, digits, digest, NULL);
    if (status != CSAMATCH_OK)
        return status;
    *position = -1;
    for (uint8_t i = 0; i < SUBJECTS; i++) {
        const csamatch_keyset *set = l->sets[i];
        if (set != NULL && csamatch_keyset_width(set) == digits / 2) {
            *position = csamatch_keyset_find(set, digest);
            *rule = i;
        }
    }
    return CSAMATCH_OK;
}

static csamatch_status match_url(const list *l, const char *text, uint8_t *rule, int64_t *position)
{
    const csamatch_address_sets sets = {
        .domain = l->sets[CSAMATCH_RULE_DOMAIN],
        .host = l->sets[CSAMATCH_RULE_HOST],
        .url = l->sets[CSAMATCH_RULE_URL],
        .prefix = l->sets[CSAMATCH_RULE_PREFIX],
    };
    const csamatch_text url = {text, strlen(text)};
    csamatch_status status = csamatch_url_match(&sets, &url, 1, 0, position, rule);
    if (status == CSAMATCH_OK && *rule == CSAMATCH_RULE_INVALID)
        return CSAMATCH_ERROR_HOST;
    return status;
}

/* The line of one query; what was asked and what is listed stays out of it. */
static int print_answer(int number, csamatch_status status, uint8_t rule, int64_t position)
{
    static const char *const names[SUBJECTS] = {
        [1] = "md5", [2] = "sha1", [3] = "sha256",
        [CSAMATCH_RULE_DOMAIN] = "domain", [CSAMATCH_RULE_HOST] = "host",
        [CSAMATCH_RULE_URL] = "url", [CSAMATCH_RULE_PREFIX] = "prefix",
    };
    if (status != CSAMATCH_OK) {
        fprintf(stderr, "%d: %s\n", number, csamatch_status_text((int)status));
        return 2;
    }
    if (position < 0) {
        printf("%d: no match\n", number);
        return 0;
    }
    printf("%d: %s %lld\n", number, names[rule], (long long)position);
    return 1;
}

int main(int argc, char **argv)
{
    list l = {0};
    int result = 0;
    csamatch_status status = CSAMATCH_OK;
    if (argc < 2 || !read_file(&l, argv[1])) {
        fprintf(stderr, "usage: lookup FILE DIGEST-OR-URL...; FILE must be readable\n");
        result = 2;
    } else if ((status = open_list(&l)) != CSAMATCH_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], csamatch_status_text((int)status));
        result = 2;
    }
    for (int i = 2; status == CSAMATCH_OK && l.data != NULL && i < argc; i++) {
        uint8_t rule = CSAMATCH_RULE_NONE;
        int64_t position = -1;
        status = l.file.kind == CSAMATCH_LIST_HASHES ? match_digest(&l, argv[i], &rule, &position)
                                                     : match_url(&l, argv[i], &rule, &position);
        int answer = print_answer(i - 1, status, rule, position);
        result = answer > result ? answer : result;
        status = CSAMATCH_OK; /* a query that cannot be read leaves the others as they are */
    }
    close_list(&l);
    return result;
}
