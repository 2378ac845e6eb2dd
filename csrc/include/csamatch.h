/* csamatch.h - exact matching of digests and addresses against packed lists.
 *
 * SPDX-License-Identifier: Apache-2.0
 *
 * General rules, true of every function below unless it says otherwise:
 *
 * Memory    The library reads memory that the caller owns and writes only
 *           where the caller points. The one thing it allocates is the
 *           csamatch_keyset handle. It does no I/O, keeps no state between
 *           calls and never prints or aborts.
 * NULL      A pointer may be NULL where the length or count that goes with it
 *           is zero. NULL anywhere else gives CSAMATCH_ERROR_ARGUMENT.
 * Zero      Zero lengths and counts are valid and do nothing, successfully.
 * Errors    Outputs are unspecified after an error, except where stated.
 * Threads   Functions may be called from any thread at once, as long as no
 *           two write to the same memory. A key set never changes after it is
 *           made, so any number of threads may search one.
 * Overlap   Inputs and outputs must not overlap.
 */
#ifndef CSAMATCH_H
#define CSAMATCH_H

#include <stddef.h>
#include <stdint.h>

/* The version of the project; everything else that needs it reads it here. */
#define CSAMATCH_VERSION "0.1.0"

#if defined(CSAMATCH_STATIC) || !defined(__GNUC__)
#define CSAMATCH_API
#else
#define CSAMATCH_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum csamatch_status {
    CSAMATCH_OK = 0,
    CSAMATCH_ERROR_ARGUMENT = 1,   /* NULL, or a size outside its limits */
    CSAMATCH_ERROR_MEMORY = 2,     /* allocation failed */
    CSAMATCH_ERROR_SPACE = 3,      /* the output buffer is too small */
    CSAMATCH_ERROR_KERNEL = 4,     /* no such kernel on this machine */
    CSAMATCH_ERROR_LENGTH = 5,     /* not the length of a known digest */
    CSAMATCH_ERROR_ALPHABET = 6,   /* a character that is no hex digit */
    CSAMATCH_ERROR_TRUNCATED = 16, /* list file: shorter than it says */
    CSAMATCH_ERROR_TRAILING = 17,  /* list file: longer than it says */
    CSAMATCH_ERROR_MAGIC = 18,     /* list file: is none */
    CSAMATCH_ERROR_VERSION = 19,   /* list file: of an unknown version */
    CSAMATCH_ERROR_FEATURE = 20,   /* list file: needs an unknown feature */
    CSAMATCH_ERROR_CHECKSUM = 21,  /* list file: header is damaged */
    CSAMATCH_ERROR_LAYOUT = 22,    /* list file: sections make no sense */
    CSAMATCH_ERROR_ORDER = 23,     /* keys are not strictly ascending */
    CSAMATCH_ERROR_DIRECTORY = 24, /* the directory does not fit the keys */
    CSAMATCH_ERROR_NO_HOST = 32,   /* address: there is no host in it */
    CSAMATCH_ERROR_HOST = 33,      /* address: the host cannot be one */
    CSAMATCH_ERROR_NESTING = 35,   /* address: wrapped in itself too often */
    CSAMATCH_ERROR_JSON_SYNTAX = 64,    /* JSON: a character that cannot stand there */
    CSAMATCH_ERROR_JSON_END = 65,       /* JSON: it ends too early */
    CSAMATCH_ERROR_JSON_TRAILING = 66,  /* JSON: something follows its end */
    CSAMATCH_ERROR_JSON_DEPTH = 67,     /* JSON: nested too deep */
    CSAMATCH_ERROR_JSON_NUMBER = 68,    /* JSON: a number without the digits it needs */
    CSAMATCH_ERROR_JSON_CONTROL = 69,   /* JSON: a raw control character in a string */
    CSAMATCH_ERROR_JSON_ESCAPE = 70,    /* JSON: no such escape */
    CSAMATCH_ERROR_JSON_SURROGATE = 71, /* JSON: half of a surrogate pair */
    CSAMATCH_ERROR_JSON_UTF8 = 72,      /* JSON: not UTF-8 */
    CSAMATCH_ERROR_VICS_LAYOUT = 73     /* VICS: Cases read as Media, or the reverse */
} csamatch_status;

/* The library's version, a static string such as "1.2.3". */
CSAMATCH_API const char *csamatch_version(void);

/* What a status means, a static string without a full stop. Never NULL;
 * an unknown number gives "unknown status". */
CSAMATCH_API const char *csamatch_status_text(int status);

/* ------------------------------------------------------------- kernels ---
 * A kernel is one implementation of the search loops, for one instruction
 * set. All give the same answers. */

/* How many kernels this CPU can run; at least 1. */
CSAMATCH_API size_t csamatch_kernel_count(void);

/* The name of kernel `index`, best first, a static string; NULL when index
 * is not below csamatch_kernel_count(). The last is always "portable". */
CSAMATCH_API const char *csamatch_kernel_name(size_t index);

/* ----------------------------------------------------------------- hex --- */

/* Decodes `digits` hex digits (either case) at `text` into digits / 2 bytes
 * at `out`. LENGTH when digits is odd, ALPHABET when a character is no hex
 * digit; then `*bad`, if bad is not NULL, is the offset of the first such
 * character. */
CSAMATCH_API csamatch_status csamatch_hex_decode(const char *text, size_t digits, uint8_t *out,
                                                 size_t *bad);

/* Reads lines of `length` bytes at `text` for as long as each is plainly one
 * digest of `width` bytes (1 to 64): its hex digits at the start, then the end
 * of the line (LF or CR LF), or a space or tab and whatever follows it on the
 * line. Writes the digests to `keys`, which has room for `room` of them; sets
 * *count to how many and *used to the bytes their lines took. It stops, with
 * OK, where a line is anything else (a comment, a digest of another width, a
 * bad character), is without its end or longer than about 4 KiB: that one is
 * the caller's to judge. Outputs beyond *count digests are unspecified. */
CSAMATCH_API csamatch_status csamatch_hex_lines(const char *text, size_t length, size_t width,
                                                uint8_t *keys, size_t room, size_t *count,
                                                size_t *used);

/* ----------------------------------------------------------------- CSV ---
 * Rows of fields between delimiters, as RFC 4180 has them: a field in quotes
 * may hold delimiters, line ends and doubled quotes. Lines end with LF or CR
 * LF, blanks in front of a field don't count, blank lines are no rows, and
 * neither are lines that begin with the comment character, save those that
 * read like rows. */

/* Columns that one scan can pick. */
#define CSAMATCH_CSV_PICKED 16

/* A column to pick. One that holds digests gives those alone that are there,
 * packed, and the number of the row that each is in; one of text gives the
 * text of each row, in one run without blanks around it and without quotes,
 * and where in the run each ends. Several may have the same index, but not the
 * same width too; a digest is then of the one whose width fits. */
typedef struct csamatch_csv_column {
    size_t index;      /* in a row, from 0 */
    size_t width;      /* bytes of its digests, 1 to 64, or 0: it holds text */
    uint8_t *bytes;    /* room for scan->room digests, or for as many bytes of
                          text as are scanned */
    uint32_t *numbers; /* room for scan->room of them */
    size_t count;      /* out: digests, or bytes of text */
} csamatch_csv_column;

/* What can be wrong with a row. */
enum {
    CSAMATCH_CSV_LENGTH = 1,    /* a value not as long as a digest of its column */
    CSAMATCH_CSV_ALPHABET = 2,  /* one with a character that is no hex digit */
    CSAMATCH_CSV_COLUMNS = 3,   /* a row of fewer or more columns than expected */
    CSAMATCH_CSV_QUOTE = 4,     /* a line with text behind a closing quote */
    CSAMATCH_CSV_RETURN = 5,    /* a line with CR but no LF behind it */
    CSAMATCH_CSV_SWALLOWED = 6, /* a line with a quote that ends behind other rows */
    CSAMATCH_CSV_COMMENT = 7    /* a comment that reads like a row */
};

typedef struct csamatch_csv_issue {
    uint32_t row;    /* its number */
    uint32_t line;   /* line ends in front of it */
    uint32_t what;   /* CSAMATCH_CSV_... */
    uint32_t column; /* which of those picked, for a value */
    uint32_t start;  /* where the value or the line is in the text; for COLUMNS */
    uint32_t end;    /* how many the row has, and 0 */
} csamatch_csv_issue;

typedef struct csamatch_csv {
    csamatch_csv_column *columns; /* by ascending index, then width */
    size_t column_count;          /* up to CSAMATCH_CSV_PICKED of them */
    uint32_t *lines;              /* of each row, the line ends in front of it; */
    size_t room;                  /* room for so many rows */
    csamatch_csv_issue *issues;
    size_t issue_room;  /* more than column_count */
    size_t least, most; /* columns that a row is expected to have */
    size_t addresses;   /* 1 + the index of a column of text that holds addresses, or 0 */
    uint8_t delimiter;
    uint8_t quote;   /* 0: no field is quoted */
    uint8_t comment; /* 0: no line is a comment */
    uint8_t last;    /* nothing follows the text: its last line may lack its end */
    /* out */
    uint8_t open_quote; /* the row that begins at `used` has a quote without its end */
    uint8_t unended;    /* the last line of all lacked its end */
    size_t row_count;
    size_t issue_count;
    size_t line_count; /* line ends in front of `used` */
    size_t used;       /* bytes of the text that are done with */
} csamatch_csv;

/* Reads rows from `text`, fewer than 2^32 bytes that begin with a row, until
 * the text ends, or there is no more room for rows or issues. It stops in
 * front of a row that is not whole: it is to be scanned again with what
 * follows. A value that is no digest is an issue, and so is an unexpected
 * number of columns; the row's other values are there all the same. A line on
 * which a row begins that turns out to be none (QUOTE, RETURN, SWALLOWED,
 * COMMENT) counts as a row without any values, and reading goes on with the
 * next line. A line reads like a row when it has the columns expected, and a
 * digest in one of those picked, or what looks like an address in that of
 * addresses; it may not vanish between quotes, nor as a
 * comment where rows have several columns. */
CSAMATCH_API csamatch_status csamatch_csv_scan(csamatch_csv *scan, const char *text,
                                               size_t length);

/* ---------------------------------------------------------------- rows ---
 * Rows are `count` records of `width` bytes each, packed without gaps,
 * compared as unsigned bytes from the left. */

/* Sorts rows ascending, in place, with no memory but up to 3 KiB of stack a
 * byte of width. Time is linear in count * width at worst, whatever the rows
 * hold. width is 1 to 64. */
CSAMATCH_API csamatch_status csamatch_rows_sort(uint8_t *rows, size_t count, size_t width);

/* Moves the distinct rows of sorted `rows` to the front, in order, and sets
 * `*unique` to their number. width is 1 to 64. */
CSAMATCH_API csamatch_status csamatch_rows_unique(uint8_t *rows, size_t count, size_t width,
                                                  size_t *unique);

/* OK when rows are strictly ascending, else ORDER; then `*bad`, if bad is not
 * NULL, is the index of the first row not above its predecessor. width is 1
 * to 64. */
CSAMATCH_API csamatch_status csamatch_rows_check(const uint8_t *rows, size_t count, size_t width,
                                                 size_t *bad);

/* Finds sorted distinct `queries` among sorted distinct `rows`: places[i] is
 * the position of query i, or, where it is not among them, -1 - p, p being how
 * many rows are below it. Time is linear in the smaller of query_count times
 * log(count) and their sum. ORDER when queries are not strictly ascending;
 * rows out of order give wrong places, but none outside them. */
CSAMATCH_API csamatch_status csamatch_rows_locate(const uint8_t *rows, size_t count, size_t width,
                                                  const uint8_t *queries, size_t query_count,
                                                  int64_t *places);

/* Copies `rows` to `out`, without those at the positions `removed`, strictly
 * ascending, and with the rows of `added`, row i in front of the one that was
 * at position places[i], ascending, up to count. `out` has room for count -
 * removed_count + added_count rows. */
CSAMATCH_API csamatch_status csamatch_rows_splice(const uint8_t *rows, size_t count, size_t width,
                                                  const uint64_t *removed, size_t removed_count,
                                                  const uint8_t *added, const uint64_t *places,
                                                  size_t added_count, uint8_t *out);

/* Searches `data` for any of the sorted `rows`, at every byte, aligned or not,
 * and sets *found to the offset of the first, or to `length` when there is
 * none. Fast for up to some thousand rows. width is 4 to 64. */
CSAMATCH_API csamatch_status csamatch_rows_seek(const uint8_t *rows, size_t count, size_t width,
                                                const uint8_t *data, size_t length, size_t *found);

/* Bytes of a hash key, and of a hash. */
#define CSAMATCH_HASH_WIDTH 16

/* Hashes each row by itself: SipHash-2-4 with 128 bits of output under `key`,
 * CSAMATCH_HASH_WIDTH bytes, to as many bytes each at `out`, in the order of
 * the rows. width is 1 to 64. */
CSAMATCH_API csamatch_status csamatch_rows_hash(const uint8_t *key, const uint8_t *rows,
                                                size_t count, size_t width, uint8_t *out);

/* ------------------------------------------------------------- key set --- */

/* A set of keys that can be searched. Immutable. */
typedef struct csamatch_keyset csamatch_keyset;

typedef struct csamatch_keyset_options {
    size_t size;              /* sizeof(csamatch_keyset_options), set by the caller */
    const char *kernel;       /* a kernel's name, or NULL for this CPU's best */
    const uint8_t *directory; /* of the same keys, or NULL for none */
    size_t directory_lines;
    /* Since 0.1; may be left out, with a smaller size. */
    const uint8_t *hash_key; /* CSAMATCH_HASH_WIDTH bytes, borrowed like the keys: those are
                                hashes (csamatch_rows_hash), and queries are hashed before
                                they are looked up. NULL: queries are keys themselves */
    size_t query_width;      /* with it, the bytes of a query, 1 to 64 */
} csamatch_keyset_options;

/* A query that hit: its number in the batch, the position of its key. */
typedef struct csamatch_hit {
    uint64_t query;
    uint64_t position;
} csamatch_hit;

/* ---- the directory
 * A directory makes a key set fast: without one a look-up halves its way
 * through the keys. It depends on the keys alone and is the same on every
 * machine, so it can be stored with them (docs/list-format.md). Keys must be
 * sorted, distinct, of 8 to 64 bytes, and fewer than 2^32. */

/* A good number of lines for `count` keys; together they take at most 1.5
 * bytes a key, for more than some ten thousand keys. */
CSAMATCH_API size_t csamatch_directory_lines(size_t count);

/* Fills the directory, 64 * (lines + 1) bytes; fastest where it begins with a
 * cache line. Any number of lines from 1 up to 2^32 - 1 gives right answers. */
CSAMATCH_API csamatch_status csamatch_directory_build(const uint8_t *keys, size_t count,
                                                      size_t width, uint8_t *directory,
                                                      size_t lines);

/* How far a directory is that is made of keys as they come; zero at first. */
typedef struct csamatch_directory_state {
    uint64_t count; /* keys taken in */
    uint64_t line;  /* the line they have come to */
    uint64_t first; /* keys before that line */
} csamatch_directory_state;

/* Takes in the next `count` keys, in order: for keys that are never in memory
 * all at once. directory and lines are the same in all calls, and in one to
 * csamatch_directory_end, which makes the directory complete: the one that
 * csamatch_directory_build makes of all the keys. ORDER where a key is not
 * above the one before it in the same call, or its line lies before that of
 * the last key of the call before; within that line, the caller compares. */
CSAMATCH_API csamatch_status csamatch_directory_add(csamatch_directory_state *state,
                                                    const uint8_t *keys, size_t count,
                                                    size_t width, uint8_t *directory,
                                                    size_t lines);

CSAMATCH_API csamatch_status csamatch_directory_end(csamatch_directory_state *state,
                                                    uint8_t *directory, size_t lines);

/* OK when that is just what the directory holds, else DIRECTORY. A key set
 * with another directory would miss keys. */
CSAMATCH_API csamatch_status csamatch_directory_check(const uint8_t *keys, size_t count,
                                                      size_t width, const uint8_t *directory,
                                                      size_t lines);

/* ---- the set itself */

/* Makes a key set over `count` sorted, distinct keys of `width` bytes (1 to
 * 64) and stores it in `*out`. The keys and the directory are borrowed and must
 * stay where they are, unchanged, until the set is freed. They are not
 * checked here (csamatch_rows_check and csamatch_directory_check do that);
 * keys out of order or a wrong directory give wrong answers but no wild reads.
 * `options` may be NULL. On error `*out` is NULL. */
CSAMATCH_API csamatch_status csamatch_keyset_create(const uint8_t *keys, size_t count, size_t width,
                                                    const csamatch_keyset_options *options,
                                                    csamatch_keyset **out);

/* Frees the set (not its keys). NULL is allowed and does nothing. */
CSAMATCH_API void csamatch_keyset_free(csamatch_keyset *set);

/* The number and the width in bytes of its keys, the width of its queries (the
 * same, unless they are hashed), and its kernel's name. `set` must not be NULL. */
CSAMATCH_API size_t csamatch_keyset_size(const csamatch_keyset *set);
CSAMATCH_API size_t csamatch_keyset_width(const csamatch_keyset *set);
CSAMATCH_API size_t csamatch_keyset_query_width(const csamatch_keyset *set);
CSAMATCH_API const char *csamatch_keyset_kernel(const csamatch_keyset *set);

/* The position of `key` (as many bytes as a query has) among the sorted keys,
 * or -1. Neither may be NULL. */
CSAMATCH_API int64_t csamatch_keyset_find(const csamatch_keyset *set, const uint8_t *key);

/* Looks up `count` packed keys at once, and writes those that are listed to
 * `hits`, in the order of the queries, and their number to `*hit_count`.
 * `hits` has room for `count` of them. */
CSAMATCH_API csamatch_status csamatch_keyset_match(const csamatch_keyset *set,
                                                   const uint8_t *queries, size_t count,
                                                   csamatch_hit *hits, size_t *hit_count);

/* ----------------------------------------------------------- addresses --- */

/* Bits of csamatch_address.flags: what was met on the way. */
enum {
    CSAMATCH_ADDRESS_USERINFO = 1,      /* user:password@ was dropped */
    CSAMATCH_ADDRESS_PORT = 2,          /* a port not the scheme's own was */
    CSAMATCH_ADDRESS_DOUBLE_ESCAPE = 4, /* a percent sign was itself encoded */
    CSAMATCH_ADDRESS_REFUSED = 8,       /* a browser would refuse this host */
    CSAMATCH_ADDRESS_IP = 16,           /* the host is an IP address */
    CSAMATCH_ADDRESS_WRAPPED = 32,      /* view-source:, blob: or encoded whole */
    CSAMATCH_ADDRESS_REFANGED = 64,     /* hxxp, [.] and their like were undone */
    CSAMATCH_ADDRESS_OPEN_PATH = 128,   /* there was a %3F in the path */
    CSAMATCH_ADDRESS_WIDE_IP = 256,     /* IPv4 with numbers too large for it */
    CSAMATCH_ADDRESS_DEVIATION = 512    /* a name that IDNA2003 read otherwise */
};

/* Ways to read an address, added up; 0 is the canonical one. A query that may
 * be meant in more than one way is looked up in each of them. */
enum {
    CSAMATCH_READ_REFANG = 1,      /* undo defanging: "hxxps[:]//bad[.]example" */
    CSAMATCH_READ_LEGACY_IDNA = 2, /* read a sharp s as "ss", a final sigma as
                                      any other, and drop joiners, as IDNA2003
                                      did: often another owner's name */
    CSAMATCH_READ_OPEN_PATH = 4,   /* leave the %3F of a path a bare '?', as
                                      Safe Browsing does */
    CSAMATCH_READ_WRAP_IP = 8      /* drop the bits too many of an IPv4 address,
                                      as old network libraries do */
};

/* A canonical address: host, then path with its leading '/', then '?' and
 * the query where there is one, all ASCII, in one run of bytes. */
typedef struct csamatch_address {
    size_t host_length; /* bytes of the host, at the start */
    size_t path_length; /* bytes of the path, right behind the host */
    size_t length;      /* bytes of the whole */
    int32_t port;       /* the port dropped, or -1 */
    uint32_t flags;
} csamatch_address;

/* How many bytes of output a text of `length` bytes can need, working room
 * included: about 1 KiB more than four times as many, because a host may
 * grow; 0 when length is too large to handle. */
CSAMATCH_API size_t csamatch_address_capacity(size_t length);

/* Brings a URL (any bytes; UTF-8 expected) into canonical form, written to
 * `out`, which has room for `capacity` bytes, at least
 * csamatch_address_capacity(length) of them. Bytes of out past
 * address->length are unspecified. Time is linear in length. A host that is
 * not ASCII comes out with A-labels (UTS #46); it takes up to 40 KiB of stack.
 * The rules are in docs/url-rules.md. NO_HOST, HOST or NESTING when it
 * has no canonical form (address->flags then say what was met before that
 * was found out); SPACE when capacity is too small. */
CSAMATCH_API csamatch_status csamatch_url_normalize(const char *text, size_t length,
                                                    uint32_t readings, uint8_t *out,
                                                    size_t capacity, csamatch_address *address);

/* The same for a host alone: a name, an IPv4 address in any form, or an IPv6
 * address with or without brackets. Anything of a URL around it is HOST.
 * address->path_length becomes 0. */
CSAMATCH_API csamatch_status csamatch_host_normalize(const char *text, size_t length, uint8_t *out,
                                                     size_t capacity, csamatch_address *address);

/* Bytes of an address key. */
#define CSAMATCH_ADDRESS_KEY_WIDTH 16

/* The key under which a canonical address is listed: SipHash-2-4 with 128
 * bits of output and a fixed public key over the host's bytes from last to
 * first, then the rest from first to last. host_length must not exceed
 * length. `key` has room for CSAMATCH_ADDRESS_KEY_WIDTH bytes. */
CSAMATCH_API csamatch_status csamatch_address_key(const uint8_t *canonical, size_t host_length,
                                                  size_t length, uint8_t *key);

/* The same under a secret key of CSAMATCH_HASH_WIDTH bytes, for lists that show
 * nothing to whoever does not have it; under the public one for NULL. */
CSAMATCH_API csamatch_status csamatch_address_hash(const uint8_t *hash_key,
                                                   const uint8_t *canonical, size_t host_length,
                                                   size_t length, uint8_t *key);

/* The rules by which an address can be listed. */
enum {
    CSAMATCH_RULE_NONE = 0,
    CSAMATCH_RULE_DOMAIN = 16, /* the host and all its subdomains */
    CSAMATCH_RULE_HOST = 17,   /* that host only */
    CSAMATCH_RULE_URL = 18,    /* that host, path and query only */
    CSAMATCH_RULE_PREFIX = 19, /* that host, paths that begin so */
    CSAMATCH_RULE_INVALID = 255
};

/* One key set per rule; NULL for a rule without entries. Each must have keys
 * of CSAMATCH_ADDRESS_KEY_WIDTH bytes, and not hash its queries. What is known of them spares look-ups,
 * and changes no answer if it is true. */
typedef struct csamatch_address_sets {
    const csamatch_keyset *domain;
    const csamatch_keyset *host;
    const csamatch_keyset *url;
    const csamatch_keyset *prefix;
    const csamatch_keyset *page_hosts; /* the keys of the hosts of all urls and
                                          prefixes; NULL when not known */
    size_t domain_labels; /* each domain has so many labels or more; 0 when
                             not known */
    const uint8_t *hash_key; /* what the keys were made with by csamatch_address_hash, borrowed;
                                NULL for the public one */
} csamatch_address_sets;

/* A piece of text somewhere. */
typedef struct csamatch_text {
    const char *data;
    size_t length;
} csamatch_text;

/* Looks up `count` URLs. rules[i] becomes the rule that hit, the most
 * specific one where several do (url, then the longest prefix, then host,
 * then the longest domain), CSAMATCH_RULE_NONE, or CSAMATCH_RULE_INVALID
 * when URL i has no canonical form; positions[i] becomes the key's position
 * in that rule's set, or -1. `readings` is how to read them (0, or
 * CSAMATCH_READ_REFANG); the other readings of a URL that has any are looked
 * up when that one hits nothing, CSAMATCH_READ_LEGACY_IDNA only when it is
 * among `readings`. MEMORY when a URL of more than a few KiB found
 * no room to be worked on. */
CSAMATCH_API csamatch_status csamatch_url_match(const csamatch_address_sets *sets,
                                                const csamatch_text *urls, size_t count,
                                                uint32_t readings, int64_t *positions,
                                                uint8_t *rules);

/* What hit, as csamatch_url_match has it, and where in the canonical text the
 * form lies that is listed. */
typedef struct csamatch_form {
    int64_t position;
    size_t start; /* bytes in front of it */
    size_t end;
    uint8_t rule;
} csamatch_form;

/* Looks one URL up like csamatch_url_match, and writes the canonical text of
 * the reading that hit to `out`, which has room for `capacity` bytes, at least
 * csamatch_address_capacity(url->length) of them: out[start, end) is the form
 * that is listed, be it a parent domain, a page or a prefix. SPACE when
 * capacity is too small. */
CSAMATCH_API csamatch_status csamatch_url_find(const csamatch_address_sets *sets,
                                               const csamatch_text *url, uint32_t readings,
                                               uint8_t *out, size_t capacity,
                                               csamatch_form *form);

/* --------------------------------------------------------------- links --- */

/* Kinds of link, added up. */
enum {
    CSAMATCH_LINK_URL = 1,      /* begins with a scheme */
    CSAMATCH_LINK_HOST = 2,     /* begins with a bare host: a link if there is such a TLD */
    CSAMATCH_LINK_DEFANGED = 4, /* added to either: hxxp, [.] and their like are in it */
    CSAMATCH_LINK_SENTENCE = 8  /* added to either: its last label begins with a capital and
                                   may belong to the next sentence ("host.Next") */
};

/* What may be a link in a text: bytes [start, end). */
typedef struct csamatch_link {
    size_t start;
    size_t end;
    uint32_t kind;
} csamatch_link;

/* How far a text has been searched; all zero at first. */
typedef struct csamatch_link_cursor {
    size_t at;   /* bytes done with; the text's length when all are */
    size_t bare; /* where bare hosts are looked for again */
} csamatch_link_cursor;

/* Finds what may be links in a text (any bytes; UTF-8 expected, and whatever
 * is none ends a link), from where the cursor stands, and writes them to
 * `links`, which has room for `capacity` of them, in order of their starts;
 * sets *count. When the room was too small, cursor->at is below length
 * afterwards: call again with the same text and cursor for more. Defanged ones
 * are found only where `readings` has CSAMATCH_READ_REFANG.
 *
 * The caller decides which bare hosts are links (those with a public suffix),
 * and where a sentence may have run into the next; a bare host that is not may
 * have a link of kind URL inside it, behind its host, which therefore follows
 * it here. Otherwise links do not overlap. They are UTF-8. Blanks, brackets
 * and quotes around a link and punctuation behind it are left out. A link of
 * either kind may still have no canonical form: csamatch_url_normalize then
 * gives NO_HOST or HOST ("http://http%3A/"). Time is linear in length, whatever
 * the text; no memory is needed. The rules are in docs/url-rules.md. */
CSAMATCH_API csamatch_status csamatch_links_find(const char *text, size_t length,
                                                 uint32_t readings, csamatch_link_cursor *cursor,
                                                 csamatch_link *links, size_t capacity,
                                                 size_t *count);

/* ---------------------------------------------------------------- JSON ---
 * A scanner of JSON (RFC 8259) that is fed with chunks of any size. It takes
 * constant memory, however long strings and numbers are. The text must be
 * UTF-8 without a byte order mark; a \u escape that is half of a surrogate
 * pair is an error, because it stands for no character. Keys may repeat. */

/* How deep arrays and objects may be nested; deeper is CSAMATCH_ERROR_JSON_DEPTH. */
#define CSAMATCH_JSON_DEPTH 1024

/* Where a scan has come to. */
typedef struct csamatch_json csamatch_json;

/* Bytes of memory, aligned as malloc does, that the caller gives to a scan.
 * There is nothing in it to be freed. */
CSAMATCH_API size_t csamatch_json_size(void);

/* Begins a scan. */
CSAMATCH_API csamatch_status csamatch_json_init(csamatch_json *json);

/* Reads the next chunk. After an error the same error is given again. */
CSAMATCH_API csamatch_status csamatch_json_feed(csamatch_json *json, const char *data,
                                                size_t length);

/* OK when what was fed is one whole JSON text, else what is wrong with it. */
CSAMATCH_API csamatch_status csamatch_json_finish(csamatch_json *json);

/* Where the first error is, or else where the scan has come to: the line, and
 * the byte in it, both from 1. Either pointer may be NULL. */
CSAMATCH_API void csamatch_json_place(const csamatch_json *json, uint64_t *line, uint64_t *column);

/* ---------------------------------------------------------------- VICS ---
 * Media records of VICS JSON (Project VIC), from `value[]`, or from
 * `value[].Media[]` of a list of Cases, as columns. A key that an object repeats
 * must say the same again, or nothing; arrays that it repeats add up. */

/* Bytes of a string or number that can be of use; longer ones cannot. */
#define CSAMATCH_VICS_TEXT 4096

/* How many digests one record may have beside its own MD5, SHA-1 and SHA-256. */
#define CSAMATCH_VICS_DIGESTS 4096

/* How many spellings of categories there is room for at a time. */
#define CSAMATCH_VICS_CATEGORIES 255

/* Rooms of csamatch_vics_columns that hold any one record. */
#define CSAMATCH_VICS_LEAST_DIGESTS (CSAMATCH_VICS_DIGESTS + 3)
#define CSAMATCH_VICS_LEAST_VALUES (CSAMATCH_VICS_DIGESTS + 6)
#define CSAMATCH_VICS_LEAST_TEXT (1 << 18)

/* What a value of a record is of. */
enum {
    CSAMATCH_VICS_RECORD = 0, /* the record itself, of type OTHER: it is no object; of
                                 type LONG: it has too many digests; of type TWICE: a
                                 key stands there twice, with different values */
    CSAMATCH_VICS_ID = 1,
    CSAMATCH_VICS_CATEGORY = 2,
    CSAMATCH_VICS_MD5 = 3,
    CSAMATCH_VICS_SHA1 = 4,
    CSAMATCH_VICS_OTHER_MD5 = 5, /* in AlternativeHashes */
    CSAMATCH_VICS_OTHER_SHA1 = 6,
    CSAMATCH_VICS_OTHER_SHA256 = 7,
    CSAMATCH_VICS_FILE_MD5 = 8, /* in MediaFiles */
    CSAMATCH_VICS_SHA256 = 9
};

/* The type of such a value. */
enum {
    CSAMATCH_VICS_NONE = 0, /* absent, or null, or "" where a digest should be */
    CSAMATCH_VICS_STRING = 1,
    CSAMATCH_VICS_NUMBER = 2,
    CSAMATCH_VICS_OTHER = 3, /* not what can stand there */
    CSAMATCH_VICS_LONG = 4,  /* more than CSAMATCH_VICS_TEXT bytes */
    CSAMATCH_VICS_DIGEST = 5, /* a digest, decoded */
    CSAMATCH_VICS_TWICE = 6
};

/* A value of a record that has one to be judged by the caller. */
typedef struct csamatch_vics_value {
    uint32_t row;
    uint16_t field;  /* CSAMATCH_VICS_RECORD and so on */
    uint16_t type;
    uint32_t offset; /* of its text or digest in text */
    uint32_t length;
} csamatch_vics_value;

/* Where records go. The caller sets all pointers and rooms, and all counts to
 * zero whenever it has taken the records out; `size` is
 * sizeof(csamatch_vics_columns). A row whose values are not plain (a digest
 * that is none, say, or an id that is a number and no integer) has
 * nothing in the columns: all of its values are in `values`, one after
 * another, in the order id, category, own digests, AlternativeHashes,
 * MediaFiles, without those that are absent. */
typedef struct csamatch_vics_columns {
    size_t size;
    size_t row_room; /* for codes and id_ends; at least 1 */
    size_t row_count;
    uint32_t *codes;   /* 0 for no category, else 1 + its spelling */
    uint64_t *id_ends; /* where each id ends in id_text */
    uint8_t *id_text;
    size_t id_room; /* bytes; at least CSAMATCH_VICS_TEXT */
    size_t id_length;
    /* MD5, SHA-1, SHA-256: rows, ascending, and digests, packed */
    size_t digest_room; /* of each; at least CSAMATCH_VICS_LEAST_DIGESTS */
    size_t digest_count[3];
    uint32_t *digest_rows[3];
    uint8_t *digests[3];
    /* spellings of categories: STRING or NUMBER, and where each ends in the
     * text, which has room for CSAMATCH_VICS_CATEGORIES * CSAMATCH_VICS_TEXT */
    size_t spelling_count;
    uint8_t *spelling_types; /* CSAMATCH_VICS_CATEGORIES of them, */
    uint32_t *spelling_ends; /* and as many of these */
    uint8_t *spelling_text;
    size_t value_room; /* at least CSAMATCH_VICS_LEAST_VALUES */
    size_t value_count;
    csamatch_vics_value *values;
    size_t text_room; /* at least CSAMATCH_VICS_LEAST_TEXT, below 2^32 */
    size_t text_length;
    uint8_t *text;
} csamatch_vics_columns;

/* Where reading has come to. Memory as for csamatch_json. */
typedef struct csamatch_vics csamatch_vics;
CSAMATCH_API size_t csamatch_vics_size(void);

/* Begins to read a list of Cases, or of Media where `cases` is 0. */
CSAMATCH_API csamatch_status csamatch_vics_init(csamatch_vics *reader, int cases);

/* Reads a chunk and adds the records that end in it to `columns`. Sets *used
 * to the bytes of it that were read. SPACE when that is not all because a room
 * is full: take the records out and go on with the rest. VICS_LAYOUT when a
 * Media record has Media of its own, a Case's Media are no array, or a Media
 * record stands where a Case should. */
CSAMATCH_API csamatch_status csamatch_vics_feed(csamatch_vics *reader, const char *data,
                                                size_t length, csamatch_vics_columns *columns,
                                                size_t *used);

/* OK when what was fed is one whole JSON text, else what is wrong with it. */
CSAMATCH_API csamatch_status csamatch_vics_finish(csamatch_vics *reader);

/* Where the first error is, as csamatch_json_place has it. */
CSAMATCH_API void csamatch_vics_place(const csamatch_vics *reader, uint64_t *line,
                                      uint64_t *column);

/* Writes the JSON path that was read last, such as value[7].MD5, with a zero
 * behind it, and a star for keys of no meaning here, to `out`, which has room for
 * `capacity` bytes, of which 160 suffice; returns its length, or 0 when there is too
 * little room. */
CSAMATCH_API size_t csamatch_vics_path(const csamatch_vics *reader, char *out, size_t capacity);

/* ----------------------------------------------------------- list file ---
 * The layout is described in docs/list-format.md. Nothing here copies: all
 * offsets are into the caller's `data`. */

enum {
    CSAMATCH_LIST_HASHES = 1,   /* what a list holds */
    CSAMATCH_LIST_ADDRESSES = 2
};

enum {
    CSAMATCH_SECTION_INFO = 1, /* kinds of section */
    CSAMATCH_SECTION_KEYS = 2,
    CSAMATCH_SECTION_KEY_ENTRIES = 3,
    CSAMATCH_SECTION_MORE_ENTRIES = 4,
    CSAMATCH_SECTION_ID_ENDS = 5,
    CSAMATCH_SECTION_ID_TEXT = 6,
    CSAMATCH_SECTION_CATEGORY_CODES = 7,
    CSAMATCH_SECTION_CATEGORY_NAMES = 8,
    CSAMATCH_SECTION_DIRECTORY = 9,
    CSAMATCH_SECTION_SOURCE_CODES = 10,
    CSAMATCH_SECTION_SOURCE_NAMES = 11,
    CSAMATCH_SECTION_KEY_HINTS = 12,
    CSAMATCH_SECTION_KEY_CHECK = 13,
    CSAMATCH_SECTION_CANARIES = 14,
    CSAMATCH_SECTION_CANARY_SEED = 15
};

enum {
    CSAMATCH_FEATURE_KEYED = 1 /* a list's features: keys were made with a secret */
};

typedef struct csamatch_listfile {
    uint32_t kind; /* CSAMATCH_LIST_... */
    uint32_t section_count;
    uint64_t header_length; /* bytes before the content */
    uint64_t length;        /* bytes of the whole file */
    uint8_t content_digest[32];
    uint32_t features; /* CSAMATCH_FEATURE_..., added up */
} csamatch_listfile;

typedef struct csamatch_section {
    uint32_t kind;    /* CSAMATCH_SECTION_..., or one unknown to us */
    uint32_t subject; /* the rule or algorithm it belongs to, or 0 */
    uint64_t width;   /* bytes an item */
    uint64_t count;   /* items */
    uint64_t offset;  /* from the start of the file, a multiple of 64 */
    uint64_t length;  /* bytes; width * count */
} csamatch_section;

/* Checks the header and every section's bounds against `length`, the true
 * number of bytes at `data`, and fills `*file`. After OK, every section that
 * csamatch_listfile_section returns for the same data lies wholly within it.
 * The content itself is not read: its SHA-256, content_digest, is for the
 * caller to compare. */
CSAMATCH_API csamatch_status csamatch_listfile_parse(const uint8_t *data, size_t length,
                                                     csamatch_listfile *file);

/* Section `index` of data that csamatch_listfile_parse found good.
 * ARGUMENT when index is not below section_count. */
CSAMATCH_API csamatch_status csamatch_listfile_section(const uint8_t *data, size_t length,
                                                       size_t index, csamatch_section *section);

#ifdef __cplusplus
}
#endif
#endif
