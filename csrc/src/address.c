/* Keys of canonical addresses.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

void csm_address_hash_init(csm_siphash *state, const uint8_t *hash_key)
{
    /* Public on purpose: equal sources must give equal files. */
    static const uint8_t key[16] = {'c', 's', 'a', 'm', 'a', 't', 'c', 'h',
                                    '/', 'a', 'd', 'd', 'r', 'e', 's', 's'};
    csm_siphash_init(state, hash_key != NULL ? hash_key : key);
}

csamatch_status csamatch_address_hash(const uint8_t *hash_key, const uint8_t *canonical,
                                      size_t host_length, size_t length, uint8_t *key)
{
    if ((canonical == NULL && length > 0) || key == NULL || host_length > length)
        return CSAMATCH_ERROR_ARGUMENT;
    csm_siphash state;
    csm_address_hash_init(&state, hash_key);
    for (size_t i = host_length; i > 0; i--)
        csm_siphash_byte(&state, canonical[i - 1]);
    for (size_t i = host_length; i < length; i++)
        csm_siphash_byte(&state, canonical[i]);
    csm_siphash_finish(state, key);
    return CSAMATCH_OK;
}

csamatch_status csamatch_address_key(const uint8_t *canonical, size_t host_length, size_t length,
                                     uint8_t *key)
{
    return csamatch_address_hash(NULL, canonical, host_length, length, key);
}
