/* The forms of an address, and their keys.
 *
 * The key of a form is the hash of a stream: the host's bytes from last to
 * first, then the rest from first to last. So all forms of an address (each
 * suffix of its host, each directory of its path) are fronts of one stream,
 * and one pass over it forks the hash wherever a form ends.
 * SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"
#include "wide.h"

#define CSM_TARGET
#define CSM_LANES 1
#include "siphash_lanes.h"

enum { WORD = 8 };

/* Forks the hash where a form ends, with the first `used` bytes of `word`, at
 * `place` of the stream, to be looked for in one set. */
static inline void fork_hash(csm_lookup *lookup, size_t which, const uint64_t state[4],
                             uint64_t word, size_t used, size_t place, uint32_t slot)
{
    size_t i = lookup->count;
    for (int k = 0; k < 4; k++)
        lookup->forks.state[k][i] = state[k];
    lookup->forks.last[i] =
        (word & ((UINT64_C(1) << 8 * used) - 1)) | (uint64_t)place << 56;
    lookup->size[i] = place;
    lookup->slot[i] = slot;
    lookup->asked[which][lookup->asked_count[which]++] = (uint16_t)i;
    if (++lookup->count == CSM_FORKS)
        csm_lookup_forks(lookup);
}

/* The same where the host ends. It may be in several sets, under one key. */
static inline void fork_host(csm_lookup *lookup, const uint64_t state[4], uint64_t word,
                             size_t used, const csm_stream *stream)
{
    static const size_t others[] = {CSM_SET_PAGE_HOSTS, CSM_SET_DOMAIN, CSM_SET_HOST};
    size_t last = CSM_SETS;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (lookup->sets[others[i]] == NULL || (i == 0 && stream->end > stream->host))
            continue;
        if (last != CSM_SETS)
            lookup->asked[last][lookup->asked_count[last]++] = (uint16_t)lookup->count;
        last = others[i];
    }
    if (last != CSM_SETS)
        fork_hash(lookup, last, state, word, used, stream->host, stream->slot);
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

static inline size_t first_bit(uint64_t marks)
{
#ifdef __GNUC__
    return (size_t)__builtin_ctzll(marks);
#else
    size_t at = 0;
    for (; (marks & 1) == 0; marks >>= 1)
        at++;
    return at;
#endif
}

static inline unsigned last_bit(uint64_t marks)
{
#ifdef __GNUC__
    return 63 - (unsigned)__builtin_clzll(marks);
#else
    unsigned at = 0;
    while (marks >>= 1)
        at++;
    return at;
#endif
}

/* The shortest suffix of a host that is looked up: none of numbers alone, which
 * would be no name. */
static size_t shortest_suffix(const uint8_t *host, size_t length)
{
    size_t i = length;
    while (i > 0 && (host[i - 1] == '.' || (host[i - 1] >= '0' && host[i - 1] <= '9')))
        i--;
    return i == 0 ? SIZE_MAX : length - i + 1;
}

/* False for the first suffixes of a host, as long as they have fewer labels
 * than any domain that is listed. To be asked of each suffix, in order. */
static inline bool spare_none(csm_stream *stream)
{
    if (stream->spared == 0)
        return true;
    stream->spared--;
    return false;
}

/* Forks where the suffixes of the host and the host itself end in the word
 * from `at`. */
static inline void fork_names(csm_lookup *lookup, const uint64_t state[4], uint64_t word,
                              size_t at, csm_stream *stream)
{
    uint64_t dots = bytes_equal(word, '.') & in_front(at, stream->host);
    for (; dots != 0; dots &= dots - 1) {
        size_t used = first_bit(dots) / 8;
        if (spare_none(stream) && at + used >= stream->shortest)
            fork_hash(lookup, CSM_SET_DOMAIN, state, word, used, at + used, stream->slot);
    }
    if (stream->host < at + WORD)
        fork_host(lookup, state, word, stream->host - at, stream);
}

/* Hashes a stream too long to lie beside others. */
static void add_alone(csm_lookup *lookup, csm_stream *stream, const uint8_t *text)
{
    size_t host = stream->host, end = stream->end;
    bool has_prefixes = lookup->sets[CSM_SET_PREFIX] != NULL && end > host;
    bool has_urls = lookup->sets[CSM_SET_URL] != NULL && end > host;
    uint64_t state[4];
    memcpy(state, lookup->start, sizeof state);
    for (size_t at = 0;; at += WORD) {
        uint64_t word = stream_word(text, host, at), slashes = 0;
        if (at <= host)
            fork_names(lookup, state, word, at, stream);
        if (has_prefixes)
            slashes = bytes_equal(word, '/') & in_front(at, stream->path_end) & ~in_front(at, host);
        for (; slashes << 8 != 0; slashes &= slashes - 1) {
            size_t used = first_bit(slashes) / 8 + 1;
            fork_hash(lookup, CSM_SET_PREFIX, state, word, used, at + used, stream->slot);
        }
        if (end < at + WORD) {
            if (has_urls)
                fork_hash(lookup, CSM_SET_URL, state, word, end - at, end, stream->slot);
            return;
        }
        mix_lanes(state, word);
        if (slashes != 0) /* at the very end of the word: nothing is left over */
            fork_hash(lookup, CSM_SET_PREFIX, state, 0, 0, at + WORD, stream->slot);
    }
}

/* Which of 64 bytes are `c`. */
static inline uint64_t find_bytes(const uint8_t *text, char c)
{
    uint64_t found = 0;
#ifdef CSM_WIDE
    for (unsigned i = 0; i < 64; i += CSM_WIDE)
        found |= (uint64_t)csm_wide_bits(csm_wide_equal(csm_wide_load(text + i), c)) << i;
#else
    for (unsigned i = 0; i < 64; i += WORD) {
        uint64_t marks = bytes_equal(csm_load_le64(text + i), (uint8_t)c) >> 7;
        found |= (marks * UINT64_C(0x0102040810204080) >> 56) << i;
    }
#endif
    return found;
}

/* Of 64 bytes from `at`, those in front of `end`. */
static inline uint64_t bits_in_front(size_t at, size_t end)
{
    return end - at >= 64 ? UINT64_MAX : (UINT64_C(1) << (end - at)) - 1;
}

/* Lays the words of a stream beside the others. */
static inline void lay_words(csm_lookup *lookup, size_t lane, const uint8_t *text)
{
    size_t host = lookup->stream[lane].host, end = lookup->stream[lane].end, at = 0;
    uint64_t *words = &lookup->streams.words[0][lane];
    for (; at + WORD <= host; at += WORD, words += CSM_STREAMS)
        *words = csm_load_be64(text + host - at - WORD);
    *words = stream_word(text, host, at);
    for (at += WORD; at <= end; at += WORD) {
        words += CSM_STREAMS;
        *words = csm_load_le64(text + at);
    }
}

/* Finds the places in a text where forms of it end. */
static inline void find_ends(csm_stream *stream, const uint8_t *text)
{
    size_t host = stream->host;
    for (size_t at = 0; at < host; at += 64)
        stream->dots[at / 64] = find_bytes(text + at, '.') & bits_in_front(at, host);
    for (size_t at = 0; stream->end > host && at < stream->path_end; at += 64)
        stream->slashes[at / 64] =
            find_bytes(text + at, '/') & bits_in_front(at, stream->path_end);
}

/* Forks a stream that lies beside others where a form of it ends. */
static inline void fork_lane(csm_lookup *lookup, size_t lane, size_t place, uint64_t state[4],
                             uint64_t *word)
{
    for (int k = 0; k < 4; k++)
        state[k] = lookup->streams.states[place / WORD][k][lane];
    *word = lookup->streams.words[place / WORD][lane];
}

static void fork_lanes(csm_lookup *lookup, size_t lane, csm_stream *stream)
{
    uint64_t state[4], word;
    uint32_t slot = stream->slot;
    size_t host = stream->host, end = stream->end;
    for (size_t at = (host - 1) / 64 * 64; stream->shortest < host; at -= 64) {
        for (uint64_t dots = stream->dots[at / 64]; dots != 0;) {
            unsigned bit = last_bit(dots);
            size_t place = host - 1 - (at + bit);
            dots ^= UINT64_C(1) << bit;
            if (!spare_none(stream) || place < stream->shortest)
                continue;
            fork_lane(lookup, lane, place, state, &word);
            fork_hash(lookup, CSM_SET_DOMAIN, state, word, place % WORD, place, slot);
        }
        if (at == 0)
            break;
    }
    fork_lane(lookup, lane, host, state, &word);
    fork_host(lookup, state, word, host % WORD, stream);
    if (end == host)
        return;
    for (size_t at = 0; lookup->sets[CSM_SET_PREFIX] != NULL && at < stream->path_end; at += 64) {
        for (uint64_t slashes = stream->slashes[at / 64]; slashes != 0; slashes &= slashes - 1) {
            size_t place = at + first_bit(slashes) + 1;
            fork_lane(lookup, lane, place, state, &word);
            fork_hash(lookup, CSM_SET_PREFIX, state, word, place % WORD, place, slot);
        }
    }
    if (lookup->sets[CSM_SET_URL] == NULL)
        return;
    fork_lane(lookup, lane, end, state, &word);
    fork_hash(lookup, CSM_SET_URL, state, word, end % WORD, end, slot);
}

void csm_lookup_streams(csm_lookup *lookup)
{
    size_t longest = 0;
    for (size_t lane = 0; lane < lookup->stream_count; lane++)
        longest = lookup->stream[lane].end > longest ? lookup->stream[lane].end : longest;
    if (lookup->stream_count > 0)
        lookup->kernel->chain(&lookup->streams, lookup->start, longest / WORD);
    for (size_t lane = 0; lane < lookup->stream_count; lane++)
        fork_lanes(lookup, lane, &lookup->stream[lane]);
    lookup->stream_count = 0;
}

/* Adds the forms of an address up to `end`. */
static void add(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                const csamatch_address *address, size_t end)
{
    size_t lane = lookup->stream_count, labels = lookup->domain_labels;
    csm_stream *stream = &lookup->stream[lane];
    bool is_ip = (address->flags & CSAMATCH_ADDRESS_IP) != 0; /* which has no parents */
    bool has_parents = !is_ip && lookup->sets[CSM_SET_DOMAIN] != NULL;
    stream->slot = slot;
    stream->host = address->host_length;
    stream->path_end = stream->host + address->path_length;
    stream->end = end;
    stream->shortest = has_parents ? shortest_suffix(text, stream->host) : SIZE_MAX;
    stream->spared = labels > 0 ? labels - 1 : 0;
    if (lookup->kernel == NULL)
        return; /* nothing is listed */
    if (end >= CSM_STREAM_WORDS * WORD) {
        add_alone(lookup, stream, text);
        return;
    }
    find_ends(stream, text);
    lay_words(lookup, lane, text);
    if (++lookup->stream_count == CSM_STREAMS)
        csm_lookup_streams(lookup);
}

void csm_lookup_add_host(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                         const csamatch_address *address)
{
    add(lookup, slot, text, address, address->host_length);
}

void csm_lookup_add_plain(csm_lookup *lookup, uint32_t slot, const uint8_t *text, size_t host,
                          uint64_t dots)
{
    size_t lane = lookup->stream_count, labels = lookup->domain_labels;
    csm_stream *stream = &lookup->stream[lane];
    if (lookup->kernel == NULL)
        return;
    stream->slot = slot;
    stream->host = stream->path_end = stream->end = host;
    /* The last label is no number, so whatever ends with it is a name. */
    stream->shortest = lookup->sets[CSM_SET_DOMAIN] != NULL ? 1 : SIZE_MAX;
    stream->spared = labels > 0 ? labels - 1 : 0;
    stream->dots[0] = dots;
    lay_words(lookup, lane, text);
    if (++lookup->stream_count == CSM_STREAMS)
        csm_lookup_streams(lookup);
}

void csm_lookup_add(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                    const csamatch_address *address)
{
    size_t end = address->host_length;
    if (lookup->sets[CSM_SET_URL] != NULL)
        end = address->length;
    else if (lookup->sets[CSM_SET_PREFIX] != NULL)
        end += address->path_length;
    add(lookup, slot, text, address, end);
}
