/* csamatch_url_normalize, in every combination of readings.
 * Dictionary: urls.dict
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

typedef csamatch_status normalizer(const char *text, size_t length, uint32_t readings,
                                   uint8_t *out, size_t capacity, csamatch_address *address);

/* DIFFERENTIAL CHECK: every way to the canonical form named here must agree
 * with csamatch_url_normalize in all that it gives back. The function itself
 * stands here too: what it gives must not hang on what lay in its output. */
static normalizer *const ways_that_must_agree[] = {csamatch_url_normalize, csm_url_in_full};

enum { WAYS = sizeof ways_that_must_agree / sizeof ways_that_must_agree[0] };

typedef struct result {
    csamatch_status status;
    csamatch_address address;
    uint8_t *out;
} result;

static result normalize(normalizer *way, const uint8_t *text, size_t length, uint32_t readings,
                        int fill)
{
    size_t capacity = csamatch_address_capacity(length);
    result r = {.out = fuzz_room(capacity)};
    char *exact = fuzz_copy(text, length);
    memset(r.out, fill, capacity);
    memset(&r.address, fill, sizeof r.address);
    r.status = way(exact, length, readings, r.out, capacity, &r.address);
    REQUIRE(fuzz_same(exact, text, length)); /* inputs are never written to */
    free(exact);
    return r;
}

static void same(const result *a, const result *b)
{
    REQUIRE(a->status == b->status && a->address.flags == b->address.flags);
    if (a->status != CSAMATCH_OK)
        return;
    REQUIRE(a->address.length == b->address.length);
    REQUIRE(a->address.host_length == b->address.host_length);
    REQUIRE(a->address.path_length == b->address.path_length);
    REQUIRE(a->address.port == b->address.port);
    REQUIRE(fuzz_same(a->out, b->out, a->address.length));
}

static void well_formed(const result *r, size_t length)
{
    const csamatch_address *a = &r->address;
    size_t path_end = a->host_length + a->path_length;
    REQUIRE(a->host_length > 0 && a->path_length > 0 && path_end <= a->length);
    REQUIRE(a->length <= csamatch_address_capacity(length));
    REQUIRE(a->port >= -1 && a->port <= 65535);
    REQUIRE(fuzz_printable(r->out, a->length));
    REQUIRE(memchr(r->out, '/', a->host_length) == NULL && r->out[a->host_length] == '/');
    REQUIRE(memchr(r->out, '?', path_end) == NULL);
    REQUIRE(path_end == a->length || r->out[path_end] == '?');
    REQUIRE(memchr(r->out, '#', a->length) == NULL);
}

/* What any reading gives is a canonical address: read plainly, it is its own
 * canonical form. (Not where defanging is undone: "a(.)b" is a host, and
 * what "a((.).)b" is refanged to.) */
static void stays_as_it_is(const result *r)
{
    result again = normalize(csamatch_url_normalize, r->out, r->address.length, 0, 0x55);
    REQUIRE(again.status == CSAMATCH_OK && again.address.length == r->address.length);
    REQUIRE(again.address.host_length == r->address.host_length);
    REQUIRE(again.address.path_length == r->address.path_length);
    REQUIRE(fuzz_same(again.out, r->out, r->address.length));
    free(again.out);
}

static void check(const uint8_t *text, size_t length, uint32_t readings)
{
    result first = normalize(csamatch_url_normalize, text, length, readings, 0);
    for (size_t i = 0; i < WAYS; i++) {
        result other = normalize(ways_that_must_agree[i], text, length, readings, 0xFF);
        same(&first, &other);
        free(other.out);
    }
    if (first.status == CSAMATCH_OK) {
        well_formed(&first, length);
        stays_as_it_is(&first);
    }
    free(first.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint32_t all = CSAMATCH_READ_REFANG | CSAMATCH_READ_OPEN_PATH | CSAMATCH_READ_WRAP_IP;
    /* All combinations of them: the subtraction borrows from bit to bit. */
    for (uint32_t readings = all;; readings = (readings - 1) & all) {
        check(data, size, readings);
        if (readings == 0)
            return 0;
    }
}
