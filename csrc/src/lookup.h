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
} csm_found;

/* Forms of addresses on the way: gathered, then hashed and looked up many at a
 * time, so that the waits for memory overlap. */
typedef struct csm_lookup {
    const csamatch_address_sets *sets;
    csm_found *found; /* one for each slot */
    size_t count;
    size_t size[CSM_FORKS]; /* of the form */
    uint32_t slot[CSM_FORKS];
    uint8_t kinds[CSM_FORKS]; /* the sets that the form may be in */
    csm_forks forks;
} csm_lookup;

/* `found` has room for every slot that will be named; a hit replaces what is
 * there. */
void csm_lookup_begin(csm_lookup *lookup, const csamatch_address_sets *sets, csm_found *found);

/* Adds all forms of a canonical address. Behind its text, as many bytes more
 * as a word has are read, and passed over. */
void csm_lookup_add(csm_lookup *lookup, uint32_t slot, const uint8_t *text,
                    const csamatch_address *address);

/* Looks up what was gathered. */
void csm_lookup_flush(csm_lookup *lookup);

#endif
