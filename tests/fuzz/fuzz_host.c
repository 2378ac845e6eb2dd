/* csamatch_host_normalize.
 * Dictionary: urls.dict
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

static csamatch_status normalize(const uint8_t *text, size_t length, int fill, uint8_t **out,
                                 csamatch_address *address)
{
    size_t capacity = csamatch_address_capacity(length);
    char *exact = fuzz_copy(text, length);
    *out = fuzz_room(capacity);
    memset(*out, fill, capacity);
    csamatch_status status = csamatch_host_normalize(exact, length, *out, capacity, address);
    REQUIRE(fuzz_same(exact, text, length));
    free(exact);
    return status;
}

/* The canonical host is the host of a URL that consists of nothing else. */
static void is_the_host_of_its_url(const uint8_t *host, size_t length)
{
    size_t size = length + 8, capacity = csamatch_address_capacity(size);
    char *text = fuzz_room(size);
    uint8_t *out = fuzz_room(capacity);
    csamatch_address address;
    memcpy(text, "http://", 7);
    memcpy(text + 7, host, length);
    text[size - 1] = '/';
    REQUIRE(csamatch_url_normalize(text, size, 0, out, capacity, &address) == CSAMATCH_OK);
    REQUIRE(address.host_length == length && address.length == length + 1);
    REQUIRE(address.port == -1 && fuzz_same(out, host, length));
    free(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *first, *second;
    csamatch_address a, b;
    csamatch_status status = normalize(data, size, 0, &first, &a);
    REQUIRE(normalize(data, size, 0xFF, &second, &b) == status && a.flags == b.flags);
    if (status == CSAMATCH_OK) {
        REQUIRE(a.length == b.length && fuzz_same(first, second, a.length));
        REQUIRE(a.length > 0 && a.length == a.host_length && a.path_length == 0);
        REQUIRE(a.length <= csamatch_address_capacity(size) && fuzz_printable(first, a.length));
        free(second);
        REQUIRE(normalize(first, a.length, 0x55, &second, &b) == CSAMATCH_OK);
        REQUIRE(a.length == b.length && fuzz_same(first, second, a.length));
        is_the_host_of_its_url(first, a.length);
    }
    free(first);
    free(second);
    return 0;
}
