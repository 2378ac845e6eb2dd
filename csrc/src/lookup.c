/* Looking up every listed form that an address can have.
 * SPDX-License-Identifier: Apache-2.0 */
#include "lookup.h"

enum {
    WORD = 8,
    FEW = 8 /* so many keys are looked up one by one */
};

static const uint8_t rules[CSM_SETS] = {CSAMATCH_RULE_NONE, CSAMATCH_RULE_DOMAIN,
                                        CSAMATCH_RULE_HOST, CSAMATCH_RULE_PREFIX,
                                        CSAMATCH_RULE_URL};

void csm_lookup_begin(csm_lookup *lookup, const csamatch_address_sets *sets, csm_found *found)
{
    lookup->sets[CSM_SET_PAGE_HOSTS] = sets->page_hosts;
    lookup->sets[CSM_SET_DOMAIN] = sets->domain;
    lookup->sets[CSM_SET_HOST] = sets->host;
    lookup->sets[CSM_SET_PREFIX] = sets->prefix;
    lookup->sets[CSM_SET_URL] = sets->url;
    lookup->kernel = NULL;
    for (size_t which = 0; which < CSM_SETS; which++) {
        if (lookup->sets[which] != NULL)
            lookup->kernel = csm_keyset_kernel(lookup->sets[which]);
    }
    lookup->domain_labels = sets->domain_labels;
    lookup->found = found;
    lookup->count = lookup->stream_count = 0;
    memset(lookup->asked_count, 0, sizeof lookup->asked_count);
    csm_siphash start;
    csm_address_hash_init(&start, sets->hash_key);
    lookup->start[0] = start.v0;
    lookup->start[1] = start.v1;
    lookup->start[2] = start.v2;
    lookup->start[3] = start.v3;
}

/* Looks up the forms asked for in one set. */
static void search(csm_lookup *lookup, size_t which)
{
    const csamatch_keyset *set = lookup->sets[which];
    const uint16_t *asked = lookup->asked[which];
    size_t count = lookup->asked_count[which], hit_count = 0;
    uint8_t keys[CSM_FORKS * CSAMATCH_ADDRESS_KEY_WIDTH];
    csamatch_hit hits[CSM_FORKS];
    for (size_t i = 0; i < count; i++) {
        uint8_t *key = keys + i * CSAMATCH_ADDRESS_KEY_WIDTH;
        csm_store_le64(key, lookup->forks.state[0][asked[i]]);
        csm_store_le64(key + WORD, lookup->forks.state[1][asked[i]]);
        int64_t position = count <= FEW ? csamatch_keyset_find(set, key) : -1;
        if (position >= 0)
            hits[hit_count++] = (csamatch_hit){i, (uint64_t)position};
    }
    if (count > FEW)
        (void)csamatch_keyset_match(set, keys, count, hits, &hit_count);
    for (size_t i = 0; i < hit_count; i++) {
        size_t form = asked[hits[i].query];
        csm_found *found = &lookup->found[lookup->slot[form]];
        if (which == CSM_SET_PAGE_HOSTS)
            found->has_pages = true;
        else
            *found = (csm_found){(int64_t)hits[i].position, lookup->size[form], rules[which],
                                 found->has_pages};
    }
    lookup->asked_count[which] = 0;
}

/* Sets are taken from the least specific to the most, and forms were added in
 * that order too, so that the last hit of an address is the one to keep. */
void csm_lookup_forks(csm_lookup *lookup)
{
    if (lookup->count == 0)
        return;
    lookup->kernel->finish(&lookup->forks, lookup->count);
    for (size_t which = 0; which < CSM_SETS; which++) {
        if (lookup->asked_count[which] > 0)
            search(lookup, which);
    }
    lookup->count = 0;
}

void csm_lookup_flush(csm_lookup *lookup)
{
    csm_lookup_streams(lookup);
    csm_lookup_forks(lookup);
}

bool csm_lookup_knows_hosts(const csm_lookup *lookup)
{
    return lookup->sets[CSM_SET_PAGE_HOSTS] != NULL ||
           (lookup->sets[CSM_SET_URL] == NULL && lookup->sets[CSM_SET_PREFIX] == NULL);
}
