/* Looking up every listed form that an address can have.
 *
 * The key of a form is the hash of a stream: the host's bytes from last to
 * first, then the rest from first to last. So all forms of an address (each
 * suffix of its host, each directory of its path) are fronts of one stream,
 * and one pass over it forks the hash wherever a form ends.
 * SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"

#define CSM_TARGET
#define CSM_LANES 1
#include "siphash_lanes.h"

enum { DOMAIN = 1, HOST = 2, PREFIX = 4, URL = 8 };

enum {
    WORD = 8,
    FEW = 8 /* so many keys are looked up one by one */
};

static unsigned kinds_of(const csamatch_address_sets *sets)
{
    return (sets->domain != NULL ? DOMAIN : 0u) | (sets->host != NULL ? HOST : 0u) |
           (sets->prefix != NULL ? PREFIX : 0u) | (sets->url != NULL ? URL : 0u);
}

void csm_lookup_begin(csm_lookup *lookup, const csamatch_address_sets *sets, csm_found *found)
{
    lookup->sets = sets;
    lookup->found = found;
    lookup->count = 0;
}

static void take_hit(csm_lookup *lookup, size_t fork, int64_t position, uint8_t rule)
{
    lookup->found[lookup->slot[fork]] = (csm_found){position, lookup->size[fork], rule};
}

/* Looks up the forms that may be in one set. */
static void search(csm_lookup *lookup, const csamatch_keyset *set, unsigned kind, uint8_t rule)
{
    uint8_t keys[CSM_FORKS * CSAMATCH_ADDRESS_KEY_WIDTH];
    uint32_t fork[CSM_FORKS];
    csamatch_hit hits[CSM_FORKS];
    size_t count = 0, hit_count = 0;
    if (set == NULL)
        return;
    for (size_t i = 0; i < lookup->count; i++) {
        uint8_t *key = keys + count * CSAMATCH_ADDRESS_KEY_WIDTH;
        csm_store_le64(key, lookup->forks.state[0][i]);
        csm_store_le64(key + WORD, lookup->forks.state[1][i]);
        fork[count] = (uint32_t)i;
        count += (lookup->kinds[i] & kind) != 0;
    }
    if (count > FEW) {
        (void)csamatch_keyset_match(set, keys, count, hits, &hit_count);
    } else {
        for (size_t i = 0; i < count; i++) {
            int64_t position = csamatch_keyset_find(set, keys + i * CSAMATCH_ADDRESS_KEY_WIDTH);
            hits[hit_count] = (csamatch_hit){i, (uint64_t)position};
            hit_count += position >= 0;
        }
    }
    for (size_t i = 0; i < hit_count; i++)
        take_hit(lookup, fork[hits[i].query], (int64_t)hits[i].position, rule);
}

/* Sets are taken from the least specific to the most, and forms were added in
 * that order too, so that the last hit of an address is the one to keep. */
void csm_lookup_flush(csm_lookup *lookup)
{
    const csamatch_address_sets *sets = lookup->sets;
    const csamatch_keyset *any = sets->domain != NULL ? sets->domain
                                 : sets->host != NULL ? sets->host
                                 : sets->url != NULL  ? sets->url
                                                      : sets->prefix;
    if (lookup->count == 0)
        return;
    csm_keyset_kernel(any)->finish(&lookup->forks, lookup->count);
    search(lookup, sets->domain, DOMAIN, CSAMATCH_RULE_DOMAIN);
    search(lookup, sets->host, HOST, CSAMATCH_RULE_HOST);
    search(lookup, sets->prefix, PREFIX, CSAMATCH_RULE_PREFIX);
    search(lookup, sets->url, URL, CSAMATCH_RULE_URL);
    lookup->count = 0;
}

/* Forks the hash where a form of `size` bytes ends, the first `used` of them
 * in `word`. `place` is where in the stream that is. */
static inline void fork(csm_lookup *lookup, const uint64_t state[4], uint64_t word, size_t used,
                        uint64_t place, size_t size, uint32_t slot, unsigned kinds)
{
    size_t i = lookup->count;
    if (kinds == 0)
        return;
    for (int k = 0; k < 4; k++)
        lookup->forks.state[k][i] = state[k];
    lookup->forks.last[i] = (word & ((UINT64_C(1) << 8 * used) - 1)) | place << 56;
    lookup->size[i] = size;
    lookup->slot[i] = slot;
    lookup->kinds[i] = (uint8_t)kinds;
    if (++lookup->count == CSM_FORKS)
        csm_lookup_flush(lookup);
}

/* The bytes from `at` of the stream of an address. */
static inline uint64_t stream_word(const uint8_t *text, size_t host, size_t at)
{
    if (at + WORD <= host)
        return csm_load_be64(text + host - at - WORD);
    if (at >= host)
        return csm_load_le64(text + at);
    size_t left = host - at;
    return csm_load_be64(text) >> 8 * (WORD - left) | csm_load_le64(text + host) << 8 * left;
}

/* The highest bit of each byte of `word` that is `c`. */
static inline uint64_t bytes_equal(uint64_t word, uint8_t c)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t x = word ^ UINT64_C(0x0101010101010101) * c;
    return ~(((x & low) + low) | x | low);
}

/* Of a word that begins at `at`, the bytes in front of `end`. */
static inline uint64_t in_front(size_t at, size_t end)
{
    return end >= at + WORD ? UINT64_MAX
           : end <= at      ? 0
                            : (UINT64_C(1) << 8 * (end - at)) - 1;
}

static inline size_t first_byte(uint64_t marks)
{
#ifdef __GNUC__
    return (size_t)__builtin_ctzll(marks) / 8;
#else
    size_t at = 0;
    for (; (marks & 0xff) == 0; marks >>= 8)
        at++;
    return at;
#endif
}

/* The shortest suffix of a host that is looked up. An IP address has no
 * parents, and no suffix of numbers alone is looked up: it would be no name. */
static size_t shortest_suffix(const uint8_t *host, size_t length, bool is_ip)
{
    size_t i = length;
    while (i > 0 && (host[i - 1] == '.' || (host[i - 1] >= '0' && host[i - 1] <= '9')))
        i--;
    return is_ip || i == 0 ? SIZE_MAX : length - i + 1;
}

void csm_lookup_add(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                    const csamatch_address *address)
{
    unsigned kinds = kinds_of(lookup->sets);
    size_t host = address->host_length, path_end = host + address->path_length;
    size_t end = (kinds & (PREFIX | URL)) != 0 ? address->length : host;
    size_t shortest =
        shortest_suffix(text, host, (address->flags & CSAMATCH_ADDRESS_IP) != 0);
    csm_siphash start;
    csm_address_hash_init(&start);
    uint64_t state[4] = {start.v0, start.v1, start.v2, start.v3};
    for (size_t at = 0;; at += WORD) {
        uint64_t word = stream_word(text, host, at);
        if (at <= host) {
            uint64_t dots = bytes_equal(word, '.') & in_front(at, host);
            for (; dots != 0; dots &= dots - 1) {
                size_t used = first_byte(dots);
                if (at + used >= shortest)
                    fork(lookup, state, word, used, at + used, at + used, slot, kinds & DOMAIN);
            }
            if (host < at + WORD)
                fork(lookup, state, word, host - at, host, host, slot, kinds & (DOMAIN | HOST));
        }
        uint64_t slashes = 0;
        if (at + WORD > host && (kinds & PREFIX) != 0)
            slashes = bytes_equal(word, '/') & in_front(at, path_end) & ~in_front(at, host);
        for (; (slashes << 8) != 0; slashes &= slashes - 1) {
            size_t used = first_byte(slashes) + 1;
            fork(lookup, state, word, used, at + used, at + used, slot, PREFIX);
        }
        if (end < at + WORD) {
            if (end > host)
                fork(lookup, state, word, end - at, end, end, slot, kinds & URL);
            return;
        }
        mix_lanes(state, word);
        if (slashes != 0) /* at the very end of the word: nothing is left over */
            fork(lookup, state, 0, 0, at + WORD, at + WORD, slot, PREFIX);
    }
}
