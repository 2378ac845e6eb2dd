/* What the files of the library share. Not installed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_INTERNAL_H
#define CSAMATCH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../include/csamatch.h" /* so that no -I is needed */

#define CSM_MAX_WIDTH 64

#if defined(__GNUC__)
#define CSM_PREFETCH(p) __builtin_prefetch(p)
#define CSM_INLINE static inline __attribute__((always_inline))
#else
#define CSM_PREFETCH(p) ((void)(p))
#define CSM_INLINE static inline
#endif

/* Byte by byte, so that alignment and byte order of the machine don't matter;
 * compilers make one load of it. */
static inline uint64_t csm_load_be64(const uint8_t *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 |
           (uint64_t)p[3] << 32 | (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
           (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

static inline uint32_t csm_load_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t csm_load_le64(const uint8_t *p)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t value; /* of eight bytes together compilers make more than one load */
    memcpy(&value, p, sizeof value);
    return value;
#else
    return (uint64_t)csm_load_le32(p) | (uint64_t)csm_load_le32(p + 4) << 32;
#endif
}

static inline void csm_store_le64(uint8_t *p, uint64_t value)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(p, &value, sizeof value); /* what compilers don't make of the loop */
#else
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(value >> (8 * i));
#endif
}

/* True when count * width bytes can exist at all. */
static inline bool csm_rows_fit(size_t count, size_t width)
{
    return width >= 1 && width <= CSM_MAX_WIDTH && count <= SIZE_MAX / 2 / width;
}

/* The value of a hex digit, or -1. */
static inline int csm_hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Keys and the directory that leads to them, all in the caller's memory. */
typedef struct csm_table {
    const uint8_t *keys;
    uint64_t count;
    size_t width;
    const uint8_t *directory; /* `lines` + 1 lines of CSM_LINE bytes, or NULL */
    uint64_t lines;
    unsigned window; /* keys compared at once where a key is expected, */
    unsigned back;   /* of which so many lie before that place */
} csm_table;

/* Hashes forked where a form of an address ends: the state so far, and the
 * last word to mix in. */
enum { CSM_FORKS = 256 };
typedef struct csm_forks {
    uint64_t state[4][CSM_FORKS];
    uint64_t last[CSM_FORKS];
} csm_forks;

/* Words of several streams side by side, to be hashed at once, and the states
 * of their hashes before each word. */
enum { CSM_STREAMS = 8, CSM_STREAM_WORDS = 32 };
typedef struct csm_streams {
    _Alignas(64) uint64_t words[CSM_STREAM_WORDS][CSM_STREAMS];
    _Alignas(64) uint64_t states[CSM_STREAM_WORDS][4][CSM_STREAMS];
} csm_streams;

/* Rows side by side as words, to be hashed at once: the last word of each has
 * the bytes left over and the row's length. Then the halves of their hashes. */
enum { CSM_ROWS = 32, CSM_ROW_WORDS = CSM_MAX_WIDTH / 8 + 1 };
typedef struct csm_rows {
    _Alignas(64) uint64_t words[CSM_ROW_WORDS][CSM_ROWS];
    _Alignas(64) uint64_t hash[2][CSM_ROWS];
} csm_rows;

/* One implementation of the loops over many keys. */
typedef struct csm_kernel {
    const char *name;
    bool (*supported)(void);
    /* Looks up n packed queries, writes the hits in the order of the queries,
     * returns how many. */
    size_t (*match)(const csm_table *table, const uint8_t *queries, size_t n, csamatch_hit *hits);
    /* Turns the first n forks into keys: their first eight bytes are then in
     * state[0], the others in state[1]. */
    void (*finish)(csm_forks *forks, size_t n);
    /* Fills in states[0] to states[last], beginning with `start`. */
    void (*chain)(csm_streams *streams, const uint64_t start[4], size_t last);
    /* Hashes all rows, of `count` words each, beginning with `start`. */
    void (*hash_rows)(csm_rows *rows, const uint64_t start[4], size_t count);
} csm_kernel;

/* The kernel of that name if this CPU runs it, the best one for NULL, else
 * NULL. */
const csm_kernel *csm_kernel_choose(const char *name);

/* The kernel that a key set was made for. */
const csm_kernel *csm_keyset_kernel(const csamatch_keyset *set);

extern const csm_kernel csm_kernel_portable;
#if defined(__x86_64__) && defined(__GNUC__)
#define CSM_HAVE_X86_KERNELS 1
extern const csm_kernel csm_kernel_avx2;
extern const csm_kernel csm_kernel_avx512;
#endif
/* Little-endian only: big-endian ones number the lanes the other way round. */
#if defined(__AARCH64EL__) && defined(__ARM_NEON) && defined(__GNUC__)
#define CSM_HAVE_NEON_KERNEL 1
extern const csm_kernel csm_kernel_neon;
#endif

/* SipHash-2-4 with 128 bits of output, byte by byte, so that a state can be
 * copied at any point and both copies go on. */
typedef struct csm_siphash {
    uint64_t v0, v1, v2, v3;
    uint64_t tail; /* bytes not yet mixed in, lowest first */
    uint64_t length;
} csm_siphash;

void csm_siphash_init(csm_siphash *state, const uint8_t key[16]);
void csm_siphash_finish(csm_siphash state, uint8_t out[16]);
void csm_siphash_block(csm_siphash *state, uint64_t word);

static inline void csm_siphash_byte(csm_siphash *state, uint8_t byte)
{
    unsigned filled = (unsigned)(state->length & 7);
    state->tail |= (uint64_t)byte << (8 * filled);
    state->length++;
    if (filled == 7) {
        csm_siphash_block(state, state->tail);
        state->tail = 0;
    }
}

/* The hashes of `count` rows of `width` bytes under a key, 16 bytes each. */
void csm_hash_rows(const csm_kernel *kernel, const uint8_t key[16], const uint8_t *rows,
                   size_t count, size_t width, uint8_t *out);

/* Whether a key set hashes its queries. */
bool csm_keyset_is_keyed(const csamatch_keyset *set);

/* The state of an empty address key; under the public key for NULL. */
void csm_address_hash_init(csm_siphash *state, const uint8_t *hash_key);

/* Decodes %XX in place until nothing is left to decode; returns the new
 * length. Sets *twice when a decoded byte took part in another escape. */
size_t csm_percent_decode(uint8_t *text, size_t length, bool *twice);

/* Writes `byte` to out as it is or as %XX; returns how many bytes that took. */
static inline size_t csm_percent_put(uint8_t *out, uint8_t byte, bool escape)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!escape) {
        out[0] = byte;
        return 1;
    }
    out[0] = '%';
    out[1] = (uint8_t)digits[byte >> 4];
    out[2] = (uint8_t)digits[byte & 15];
    return 3;
}

static inline bool csm_is_slash(uint8_t c)
{
    return c == '/' || c == '\\';
}

/* True for bytes that the canonical form always writes as %XX. */
static inline bool csm_percent_needed(uint8_t c)
{
    return c <= 0x20 || c >= 0x7F || c == '#' || c == '%';
}

/* What a browser refuses in a host (WHATWG URL, "forbidden domain code
 * point"), whether raw or decoded; written as %XX in the canonical form. One
 * bit for each of 32 characters: controls and space; "#%/:<>?; @[\]^; | and DEL. */
static inline bool csm_host_forbids(uint8_t c)
{
    static const uint32_t ascii[4] = {0xFFFFFFFF, 0xD4008029, 0x78000001, 0x90000000};
    return c >= 0x80 || (ascii[c / 32] >> c % 32 & 1) != 0;
}

/* The length of the scheme in front of a ':', or 0. */
size_t csm_scheme_length(const uint8_t *text, size_t length);

/* Writes path and query of text[at, length), which it overwrites, in canonical
 * form behind the host at `out`, and completes *address. text[at], if there is
 * any, is what ended the authority; `out` has room for three bytes for each of
 * them, and two. */
void csm_path_write(uint8_t *text, size_t at, size_t length, uint32_t readings, uint8_t *out,
                    csamatch_address *address);

/* Bytes that may be read behind a text that is worked on. */
#define CSM_BEHIND 32

/* Writes a plain URL in canonical form, as csm_url_in_full would; false when
 * it is not plain, and then *address is as in the beginning. `out` has room for
 * CSM_BEHIND bytes more than the text, `work` for as many as it. */
bool csm_plain_url(const uint8_t *text, size_t length, uint32_t readings, uint8_t *out,
                   uint8_t *work, csamatch_address *address);

/* Writes the host alone of a URL whose authority is plain, whatever is behind
 * it, as csm_url_in_full would, and to *dots a bit for each byte of it that is a
 * dot; false when it is not. `out` has room for
 * CSM_PLAIN_HOST_ROOM bytes. */
#define CSM_PLAIN_HOST_ROOM 192
bool csm_plain_host(const uint8_t *text, size_t length, uint8_t *out, csamatch_address *address,
                    uint64_t *dots);

/* csamatch_url_normalize by the rules in full, plain or not. */
csamatch_status csm_url_in_full(const char *text, size_t length, uint32_t readings, uint8_t *out,
                                size_t capacity, csamatch_address *address);

/* Undoes defanging of scheme and authority, in place; returns the new length.
 * Adds REFANGED to *flags when there was any. */
size_t csm_refang(uint8_t *text, size_t length, uint32_t *flags);

/* The length of `word` (lower case) if `text` begins with it, in any case;
 * else 0. */
size_t csm_begins(const uint8_t *text, size_t length, const char *word);

/* The length of the defanged dot ("[.]") with which `text` begins, or 0. */
size_t csm_defanged_dot(const uint8_t *text, size_t length);

/* True for the schemes whose authority needs no "//". */
bool csm_is_special_scheme(const uint8_t *text, size_t length);

/* True for those, and for the names of wrappers ("view-source"): whatever has
 * one of them and a colon in front is a URL, and no host. */
bool csm_begins_url(const uint8_t *text, size_t length);

/* True for a scheme as it stands in front of a colon when it was defanged:
 * "hxxps", or "http[". */
bool csm_is_defanged(const uint8_t *name, size_t length);

/* Bytes of a non-ASCII host in ASCII, escapes included: four times what DNS
 * allows. A longer one is no name, and is written as %XX instead. */
#define CSM_NAME_ROOM 1024

/* Writes a non-ASCII host, percent-decoded, with A-labels, and sets *written;
 * `legacy` reads deviations as IDNA2003 did. Labels with bytes that are no
 * UTF-8 keep them, and are not ASCII. Adds to *flags: DEVIATION, and REFUSED
 * when a browser would. False when it has no such form, because it is too
 * long. */
bool csm_idna_to_ascii(const uint8_t *text, size_t length, bool legacy,
                       uint8_t out[CSM_NAME_ROOM], size_t *written, uint32_t *flags);

/* Room that a host can need beyond three bytes for each of its own: an ASCII
 * one (and one too long for A-labels) only grows where bytes become %XX, an IP
 * address takes 41, and a name with A-labels, which may well come from fewer
 * bytes (U+FDFA alone is mapped to 18 code points), stops at CSM_NAME_ROOM. */
#define CSM_HOST_ROOM CSM_NAME_ROOM

/* Brings the `length` bytes of a host at `text` (which it overwrites) into
 * canonical form at `out`, which has room for 3 * length + CSM_HOST_ROOM bytes;
 * sets *written and adds to *flags. */
csamatch_status csm_host_canonical(uint8_t *text, size_t length, uint32_t readings, uint8_t *out,
                                   size_t *written, uint32_t *flags);

/* IPv4 in dotted decimal; the number of bytes written, at most 15. */
size_t csm_ipv4_write(uint32_t address, uint8_t *out);

/* Reads IPv4 in any form a browser takes. 1 when it is one, 0 when it isn't
 * meant to be one, -1 when its last part is a number but it is no address, -2
 * when its numbers are too large for one: *address then has their lower bits. */
int csm_ipv4_parse(const uint8_t *text, size_t length, uint32_t *address);

/* Reads IPv6 without brackets or zone. */
bool csm_ipv6_parse(const uint8_t *text, size_t length, uint16_t pieces[8]);

/* True for IPv6 without brackets, with a zone or not. No browser takes it in a
 * URL, where it can mean nothing else; logs are full of it. */
bool csm_is_bare_ipv6(const uint8_t *text, size_t length);

/* Writes IPv6 in brackets as RFC 5952 has it; at most 41 bytes. */
size_t csm_ipv6_write(const uint16_t pieces[8], uint8_t *out);

/* For benchmarks: the sum of the first words of `count` cache lines of 64
 * bytes, by number, read in that order with prefetches `ahead` lines ahead.
 * `memory` is aligned to 8 bytes and holds every line that is named. */
uint64_t csm_limit_one_line(const uint8_t *memory, const uint32_t *lines, size_t count,
                            size_t ahead);

/* The same of two lines at a time. */
uint64_t csm_limit_two_lines(const uint8_t *memory, const uint32_t *lines, const uint32_t *others,
                             size_t count, size_t ahead);

#endif
