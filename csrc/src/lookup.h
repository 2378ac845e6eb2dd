/* Looking up every listed form that an address can have.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_LOOKUP_H
#define CSAMATCH_LOOKUP_H

#include "internal.h"

/* The most specific form of an address that is listed. */
typedef struct csm_found {
    int64_t position; /* in the set of that rule, or -1 */
    size_t size;      /* bytes of the form */
    uint8_t rule;
    bool has_pages;   /* pages of its host are listed, or may be */
} csm_found;

/* The sets: that of hosts with pages, then from the least specific rule to the
 * most. */
enum {
    CSM_SET_PAGE_HOSTS,
    CSM_SET_DOMAIN,
    CSM_SET_HOST,
    CSM_SET_PREFIX,
    CSM_SET_URL,
    CSM_SETS
};

/* An address as a stream to be hashed (see forms.c), and where its forms end. */
typedef struct csm_stream {
    uint64_t dots[CSM_STREAM_WORDS / 8];    /* a bit for each byte of the host, */
    uint64_t slashes[CSM_STREAM_WORDS / 8]; /* and of host and path */
    size_t host, path_end, end;             /* where these end, and the last form */
    size_t shortest; /* suffix of the host that is looked up */
    size_t spared;   /* suffixes that are not, because they have too few labels */
    uint32_t slot;
} csm_stream;

/* Forms of addresses on the way: gathered, then hashed and looked up many at a
 * time, so that the waits for memory overlap. */
typedef struct csm_lookup {
    const csamatch_keyset *sets[CSM_SETS];
    const csm_kernel *kernel; /* NULL when nothing is listed */
    size_t domain_labels;
    csm_found *found; /* one for each slot */
    size_t count;
    uint32_t slot[CSM_FORKS];
    size_t size[CSM_FORKS];                /* of the form */
    uint16_t asked[CSM_SETS][CSM_FORKS]; /* for each set, the forms to look for in it */
    size_t asked_count[CSM_SETS];
    csm_forks forks;
    uint64_t start[4];          /* the hash of nothing */
    size_t stream_count;        /* addresses in `streams` */
    csm_stream stream[CSM_STREAMS];
    csm_streams streams;
} csm_lookup;

/* `found` has room for every slot that will be named; a hit replaces what is
 * there. */
void csm_lookup_begin(csm_lookup *lookup, const csamatch_address_sets *sets, csm_found *found);

/* Whether pages need to be looked up only where csm_lookup_add_host found that
 * the host has any. */
bool csm_lookup_knows_hosts(const csm_lookup *lookup);

/* Adds the forms of an address that its host alone decides. Where that says
 * that its pages may be listed too, found[slot].has_pages is set. */
void csm_lookup_add_host(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                         const csamatch_address *address);

/* The same of a host that csm_plain_host read. */
void csm_lookup_add_plain(csm_lookup *lookup, uint32_t slot, const uint8_t *text, size_t host,
                          uint64_t dots);

/* Adds all forms of a canonical address. Behind its text, 64 bytes more
 * may be read, and are passed over; the same holds for the other two. */
void csm_lookup_add(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                    const csamatch_address *address);

/* Looks up what was gathered. */
void csm_lookup_flush(csm_lookup *lookup);

/* Its two steps: hash the streams that lie beside one another and fork them
 * where forms end; turn the forks into keys and look these up. */
void csm_lookup_streams(csm_lookup *lookup);
void csm_lookup_forks(csm_lookup *lookup);

#endif
