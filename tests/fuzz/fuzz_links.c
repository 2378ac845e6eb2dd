/* csamatch_links_find: the first byte says how much room there is, and 'R'
 * that the few bytes behind it are to be repeated until the text is long; the
 * rest is the text.
 * Dictionary: links.dict
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <time.h>

/* Text is repeated to so many bytes, which takes some milliseconds. Were the
 * time quadratic, it would be many seconds. */
enum { LONG = 1 << 16, LONGEST_UNIT = 16, MOST_SECONDS = 3 };

typedef struct text {
    char *data;
    size_t length;
} text;

typedef struct found {
    csamatch_link *links;
    size_t count;
} found;

static text repeat(const uint8_t *unit, size_t size)
{
    text made = {fuzz_room(LONG), LONG / size * size};
    for (size_t at = 0; at < made.length; at += size)
        memcpy(made.data + at, unit, size);
    return made;
}

/* All links, found in calls that have room for `capacity` of them each. */
static found find(const text *t, uint32_t readings, size_t capacity)
{
    csamatch_link_cursor cursor = {0};
    csamatch_link *room = fuzz_room(capacity * sizeof *room);
    found all = {fuzz_room((t->length + 1) * sizeof *all.links), 0};
    do {
        size_t count, before = cursor.at;
        REQUIRE(csamatch_links_find(t->data, t->length, readings, &cursor, room, capacity,
                                    &count) == CSAMATCH_OK);
        REQUIRE(count <= capacity && all.count + count <= t->length);
        REQUIRE(cursor.at <= t->length && (cursor.at > before || t->length == 0));
        REQUIRE(cursor.at == t->length || count == capacity);
        memcpy(all.links + all.count, room, count * sizeof *room);
        all.count += count;
    } while (cursor.at < t->length);
    free(room);
    return all;
}

/* True for UTF-8 as Unicode's table 3-7 has it, and none of what ends links. */
static bool may_be_link(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        uint8_t c = *at++;
        if (c <= 0x20 || c == 0x7F || strchr("<>\"`|", c) != NULL)
            return false;
        int more = c < 0x80 ? 0 : c < 0xC2 ? -1 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : -1;
        if (more < 0 || end - at < more)
            return false;
        if ((c == 0xE0 && *at < 0xA0) || (c == 0xED && *at > 0x9F) || (c == 0xF0 && *at < 0x90) ||
            (c == 0xF4 && *at > 0x8F))
            return false;
        for (; more > 0; more--) {
            if ((*at++ & 0xC0) != 0x80)
                return false;
        }
    }
    return true;
}

static void check_link(const text *t, const csamatch_link *link, uint32_t readings)
{
    const uint32_t added = CSAMATCH_LINK_DEFANGED | CSAMATCH_LINK_SENTENCE;
    uint32_t kind = link->kind & ~added;
    REQUIRE(link->start < link->end && link->end <= t->length);
    REQUIRE(kind == CSAMATCH_LINK_URL || kind == CSAMATCH_LINK_HOST);
    REQUIRE((link->kind & CSAMATCH_LINK_DEFANGED) == 0 || (readings & CSAMATCH_READ_REFANG) != 0);
    const uint8_t *bytes = (const uint8_t *)t->data;
    REQUIRE(may_be_link(bytes + link->start, bytes + link->end));
}

/* A link has a canonical form, or a host that is none. */
static void normalize_link(const text *t, const csamatch_link *link, uint32_t readings)
{
    size_t length = link->end - link->start, capacity = csamatch_address_capacity(length);
    char *exact = fuzz_copy(t->data + link->start, length);
    uint8_t *out = fuzz_room(capacity);
    csamatch_address address;
    csamatch_status status =
        csamatch_url_normalize(exact, length, readings, out, capacity, &address);
    REQUIRE(status == CSAMATCH_OK || status == CSAMATCH_ERROR_NO_HOST ||
            status == CSAMATCH_ERROR_HOST);
    free(out);
    free(exact);
}

/* In order, and none overlapping; but behind the host of a bare one, a link
 * with a scheme may lie. */
static void check_order(const csamatch_link *links, size_t count)
{
    size_t end = 0, bare = 0; /* of those before */
    for (size_t i = 0; i < count; i++) {
        bool is_bare = (links[i].kind & CSAMATCH_LINK_HOST) != 0;
        REQUIRE(i == 0 || links[i].start > links[i - 1].start);
        REQUIRE(links[i].start >= end && (!is_bare || links[i].start >= bare));
        *(is_bare ? &bare : &end) = links[i].end;
    }
}

static void check(const text *t, uint32_t readings, size_t capacity)
{
    found all = find(t, readings, t->length + 1);
    found again = find(t, readings, capacity);
    REQUIRE(again.count == all.count);
    for (size_t i = 0; i < all.count; i++) {
        const csamatch_link *a = &all.links[i], *b = &again.links[i];
        REQUIRE(a->start == b->start && a->end == b->end && a->kind == b->kind);
        check_link(t, a, readings);
        normalize_link(t, a, readings);
    }
    check_order(all.links, all.count);
    free(all.links);
    free(again.links);
}

static void check_time(const uint8_t *unit, size_t size)
{
    text t = repeat(unit, size);
    clock_t start = clock();
    free(find(&t, CSAMATCH_READ_REFANG, 8).links);
    REQUIRE(clock() - start < (clock_t)MOST_SECONDS * CLOCKS_PER_SEC);
    free(t.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    text t = {fuzz_copy(data + 1, size - 1), size - 1};
    size_t capacity = 1 + data[0] % 8;
    check(&t, 0, capacity);
    check(&t, CSAMATCH_READ_REFANG, capacity);
    free(t.data);
    if (data[0] == 'R' && size > 1 && size <= 1 + LONGEST_UNIT)
        check_time(data + 1, size - 1);
    return 0;
}
