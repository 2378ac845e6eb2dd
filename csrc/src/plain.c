/* The fast path for URLs that are nearly canonical as they stand: http or https
 * or no scheme, a host of letters, digits, '-', '_' and single dots, ASCII
 * throughout. Whatever is not so plain is left to the rules in full, which give
 * the same bytes for what is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "wide.h"

enum {
    STEP = 16,           /* bytes looked at at once */
    BEHIND = CSM_BEHIND, /* bytes readable behind a text */
    PORT_MOST = 5,       /* digits */
    HOST_MOST = 64       /* longer hosts are left to the rules in full */
};

/* What the scan of a path and a query found. */
typedef struct rest {
    size_t end;  /* where in the text the fragment begins, or the text ends */
    size_t mark; /* where the query begins, or `end` */
    bool plain;  /* canonical as it stands */
    bool ascii;  /* without control characters and spaces too */
} rest;

#ifdef CSM_WIDE
/* Which bytes may stand in a plain host, which of them are dots, and the bits
 * that put the block into lower case. */
static inline unsigned fold_block(__m128i block, __m128i *upper, unsigned *dots)
{
    const __m128i bit = _mm_set1_epi8(0x20);
    __m128i letters = csm_wide_between(_mm_or_si128(block, bit), 'a', 'z');
    *upper = _mm_andnot_si128(block, _mm_and_si128(letters, bit));
    /* '-', '.', '/', and the digits follow one another. */
    __m128i others = _mm_andnot_si128(csm_wide_equal(block, '/'), csm_wide_between(block, '-', '9'));
    *dots = csm_wide_bits(csm_wide_equal(block, '.'));
    return csm_wide_bits(_mm_or_si128(_mm_or_si128(letters, others), csm_wide_equal(block, '_')));
}

/* Writes the host in front of `text`, of which `readable` bytes may be read, in
 * lower case, and what is behind it in the same blocks; returns its length, and
 * in *dots which of its bytes are dots. HOST_MOST when its end is not in sight.
 * Two blocks at a time: most hosts end in the first two, and a branch that is
 * always taken costs nothing. */
static size_t fold_host(const uint8_t *text, size_t readable, uint8_t *out, uint64_t *dots)
{
    const __m128i places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    *dots = 0;
    for (unsigned at = 0; at < HOST_MOST && at + 2 * STEP <= readable; at += 2 * STEP) {
        __m128i first = csm_wide_load(text + at), second = csm_wide_load(text + at + STEP);
        __m128i first_upper, second_upper;
        unsigned first_dots, second_dots;
        uint64_t good = fold_block(first, &first_upper, &first_dots);
        good |= (uint64_t)fold_block(second, &second_upper, &second_dots) << STEP;
        unsigned count = (unsigned)__builtin_ctzll(~good); /* 32 at most */
        __m128i end = _mm_set1_epi8((char)count), step = _mm_set1_epi8(STEP);
        first_upper = _mm_and_si128(first_upper, _mm_cmpgt_epi8(end, places));
        second_upper = _mm_and_si128(second_upper, _mm_cmpgt_epi8(_mm_sub_epi8(end, step), places));
        csm_wide_store(out + at, _mm_or_si128(first, first_upper));
        csm_wide_store(out + at + STEP, _mm_or_si128(second, second_upper));
        uint64_t found = first_dots | (uint64_t)second_dots << STEP;
        *dots |= (found & ((UINT64_C(1) << count) - 1)) << at;
        if (count < 2 * STEP)
            return at + count;
    }
    return HOST_MOST;
}

/* What is in no canonical form, or begins a fragment. */
static inline unsigned odd_bits(__m128i block)
{
    __m128i low = csm_wide_low(block);
    __m128i marks = _mm_or_si128(csm_wide_equal(block, '#'), csm_wide_equal(block, '%'));
    return csm_wide_bits(_mm_or_si128(_mm_or_si128(low, csm_wide_equal(block, 0x7F)), marks));
}

/* Works out what odd bytes there are in a block, of which the bytes behind the
 * first `skipped`, those in `live`, count; returns which of them lie in front of
 * a fragment. */
static unsigned scan_odd(rest *found, __m128i block, size_t at, unsigned skipped, unsigned live)
{
    unsigned hash = csm_wide_bits(csm_wide_equal(block, '#')) >> skipped & live;
    if (hash != 0) {
        found->end = at + (unsigned)__builtin_ctz(hash);
        live &= (hash & (0 - hash)) - 1;
    }
    unsigned low = csm_wide_bits(csm_wide_low(block)) >> skipped & live;
    unsigned odd = odd_bits(block) >> skipped & live;
    found->ascii = found->ascii && low == 0;
    found->plain = found->plain && odd == 0;
    return live;
}

/* Copies the next block of a rest to the same place of `out`. Where the text
 * ends in it, the block is the last one that may be read, *skipped of whose
 * bytes were seen before; *live are the bits of the others. */
static inline __m128i next_block(const uint8_t *text, size_t length, size_t readable, size_t at,
                                 uint8_t *out, unsigned *skipped, unsigned *live)
{
    size_t from = at + STEP <= readable ? at : readable - STEP;
    *skipped = (unsigned)(at - from);
    *live = length - at < STEP ? (1u << (length - at)) - 1 : 0xFFFF;
    __m128i block = csm_wide_load(text + from);
    csm_wide_store(out + from, block);
    return block;
}

static rest scan_rest(const uint8_t *text, size_t length, size_t readable, size_t at, uint8_t *out)
{
    rest found = {length, SIZE_MAX, true, true};
    unsigned before = 0; /* 1 when the byte in front is a slash of the path */
    unsigned skipped, live;
    for (; at < found.end && found.mark == SIZE_MAX; at += STEP) {
        __m128i block = next_block(text, length, readable, at, out, &skipped, &live);
        __m128i slashes = csm_wide_equal(block, '/');
        if ((odd_bits(block) >> skipped & live) != 0)
            live = scan_odd(&found, block, at, skipped, live);
        unsigned mark = csm_wide_bits(csm_wide_equal(block, '?')) >> skipped & live;
        if (mark != 0) {
            found.mark = at + (unsigned)__builtin_ctz(mark);
            live &= (mark & (0 - mark)) - 1;
        }
        unsigned slash = csm_wide_bits(slashes) >> skipped & live;
        unsigned follow = csm_wide_bits(_mm_or_si128(slashes, csm_wide_equal(block, '.')));
        unsigned back = csm_wide_bits(csm_wide_equal(block, '\\'));
        if (((((slash << 1 | before) & follow >> skipped) | back >> skipped) & live) != 0)
            found.plain = false;
        before = slash >> (STEP - 1);
    }
    for (; at < found.end; at += STEP) {
        __m128i block = next_block(text, length, readable, at, out, &skipped, &live);
        if ((odd_bits(block) >> skipped & live) != 0)
            (void)scan_odd(&found, block, at, skipped, live);
    }
    if (found.mark == SIZE_MAX)
        found.mark = found.end;
    return found;
}

/* The number of the last dot's place, from 1; 0 when there is none. */
static inline size_t behind_last(uint64_t dots)
{
    return dots != 0 ? 64 - (size_t)__builtin_clzll(dots) : 0;
}
#else
static size_t fold_host(const uint8_t *text, size_t readable, uint8_t *out, uint64_t *dots)
{
    *dots = 0;
    for (size_t i = 0; i < HOST_MOST && i < readable; i++) {
        uint8_t c = text[i];
        out[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
        if (c == '.')
            *dots |= UINT64_C(1) << i;
        else if (!(out[i] >= 'a' && out[i] <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
                 c != '_')
            return i;
    }
    return HOST_MOST;
}

static inline size_t behind_last(uint64_t dots)
{
    size_t place = 0;
    for (; dots != 0; dots >>= 1)
        place++;
    return place;
}

static rest scan_rest(const uint8_t *text, size_t length, size_t readable, size_t at, uint8_t *out)
{
    rest found = {length, SIZE_MAX, true, true};
    bool after_slash = false;
    (void)readable;
    for (; at < length; at++) {
        uint8_t c = out[at] = text[at];
        if (c == '#') {
            found.end = at;
            break;
        }
        if (c <= 0x20 || c >= 0x80)
            found.ascii = false;
        if (c == '%' || c == 0x7F)
            found.plain = false;
        if (found.mark != SIZE_MAX)
            continue;
        if (c == '?')
            found.mark = at;
        else if (c == '\\' || (after_slash && (c == '/' || c == '.')))
            found.plain = false;
        after_slash = c == '/';
    }
    if (found.mark == SIZE_MAX)
        found.mark = found.end;
    return found;
}
#endif

/* No dot in front, behind, or beside another, and no number last, which would
 * make it an IPv4 address. */
static bool is_plain_name(const uint8_t *host, size_t length, uint64_t dots)
{
    if (length == 0 || length >= HOST_MOST)
        return false;
    size_t last = behind_last(dots);
    bool numeric = host[last] >= '0' && host[last] <= '9';
    return !numeric && (dots & 1) == 0 && last < length && (dots & dots >> 1) == 0;
}

/* Reads ":port" at `text`: how many bytes, 0 when it is nothing plain. */
static size_t read_port(const uint8_t *text, int32_t *port)
{
    int32_t value = 0;
    size_t at = 1;
    for (; at <= PORT_MOST && text[at] >= '0' && text[at] <= '9'; at++)
        value = value * 10 + (text[at] - '0');
    if (at == 1 || value > 65535)
        return 0;
    *port = value;
    return at;
}

/* The length of "http://" or "https://" in front, and the port it means. */
static size_t scheme_in_front(const uint8_t *text, size_t length, int32_t *own_port)
{
    bool secure = length >= 8 && memcmp(text, "https://", 8) == 0;
    bool known = secure || (length >= 7 && memcmp(text, "http://", 7) == 0);
    *own_port = secure ? 443 : known ? 80 : -1;
    return secure ? 8 : known ? 7 : 0;
}

/* Reads the authority in front of text[0, length), of which `readable` bytes may
 * be read, and writes the host to `out` in lower case, and to *dots where in it
 * dots are. Returns how many bytes the authority takes, 0 when it is not plain or
 * its end is not in sight. */
static size_t plain_authority(const uint8_t *text, size_t length, size_t readable,
                              int32_t own_port, uint8_t *out, csamatch_address *address,
                              uint64_t *dots)
{
    int32_t port = -1;
    size_t host = fold_host(text, readable, out, dots), at = host;
    if (host > length || !is_plain_name(out, host, *dots))
        return 0;
    if (own_port >= 0 && at + PORT_MOST < readable && text[at] == ':')
        at += read_port(text + at, &port);
    if (at < length ? text[at] != '/' && text[at] != '?' && text[at] != '#' : at > length)
        return 0;
    address->host_length = host;
    address->port = port;
    if (port != -1 && port != own_port)
        address->flags |= CSAMATCH_ADDRESS_PORT;
    return at;
}

/* Copies text to where BEHIND more bytes may be read. In blocks, because it is
 * short: a copy of any length has to find out first how to go about it. */
static const uint8_t *pad(const uint8_t *text, size_t length, uint8_t *out)
{
    size_t at = 0;
    for (; at + STEP <= length; at += STEP)
        memcpy(out + at, text + at, STEP);
    for (; at < length; at++)
        out[at] = text[at];
    memset(out + length, 0, BEHIND);
    return out;
}

bool csm_plain_host(const uint8_t *text, size_t length, uint8_t *out, csamatch_address *address,
                    uint64_t *dots)
{
    enum { LONG = HOST_MOST + BEHIND }; /* what ends the longest host and its port is seen */
    if (length == 0) /* text may be NULL, and that has no offsets */
        return false;
    int32_t own_port;
    size_t start = scheme_in_front(text, length, &own_port);
    text += start;
    length -= start;
    *address = (csamatch_address){.port = -1};
    size_t at = plain_authority(text, length, length, own_port, out, address, dots);
    if (at == 0 && length > 0) {
        size_t most = length < LONG ? length : LONG;
        at = plain_authority(pad(text, most, out), most, most + BEHIND, own_port, out, address,
                             dots);
    }
    address->length = address->host_length;
    return at > 0;
}

bool csm_plain_url(const uint8_t *text, size_t length, uint32_t readings, uint8_t *out,
                   uint8_t *work, csamatch_address *address)
{
    if (length == 0)
        return false;
    int32_t own_port;
    size_t start = scheme_in_front(text, length, &own_port), readable = length - start;
    text += start;
    length -= start;
    uint64_t dots;
    size_t at = plain_authority(text, length, readable, own_port, out, address, &dots);
    /* The last block of a rest as short as that would overwrite the host. */
    if ((at == 0 || length - at < STEP) && length > 0) {
        text = pad(text, length, out);
        readable += BEHIND;
        at = plain_authority(text, length, readable, own_port, out, address, &dots);
    }
    if (at == 0)
        return false;
    size_t host = address->host_length;
    rest found = scan_rest(text, length, readable, at, out);
    if (!found.ascii) {
        *address = (csamatch_address){.port = -1};
        return false;
    }
    if (!found.plain) {
        memcpy(work, out + at, found.end - at);
        csm_path_write(work, 0, found.end - at, readings, out, address);
        return true;
    }
    size_t slash = found.mark == at; /* a path of "/" goes without saying */
    if (at != host + slash)
        memmove(out + host + slash, out + at, found.end - at);
    out[host] = '/';
    address->path_length = slash + found.mark - at;
    address->length = host + slash + found.end - at;
    return true;
}
