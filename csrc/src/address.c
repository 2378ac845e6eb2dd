/* Keys of canonical addresses, and looking them up.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "internal.h"

void csm_address_hash_init(csm_siphash *state)
{
    /* Public on purpose: equal sources must give equal files. */
    static const uint8_t key[16] = {'c', 's', 'a', 'm', 'a', 't', 'c', 'h',
                                    '/', 'a', 'd', 'd', 'r', 'e', 's', 's'};
    csm_siphash_init(state, key);
}

csamatch_status csamatch_address_key(const uint8_t *canonical, size_t host_length, size_t length,
                                     uint8_t *key)
{
    if ((canonical == NULL && length > 0) || key == NULL || host_length > length)
        return CSAMATCH_ERROR_ARGUMENT;
    csm_siphash state;
    csm_address_hash_init(&state);
    for (size_t i = host_length; i > 0; i--)
        csm_siphash_byte(&state, canonical[i - 1]);
    for (size_t i = host_length; i < length; i++)
        csm_siphash_byte(&state, canonical[i]);
    csm_siphash_finish(state, key);
    return CSAMATCH_OK;
}

/* What was found, and where in the canonical text the listed form lies. */
typedef struct hit {
    int64_t position;
    uint8_t rule;
    size_t start, end;
} hit;

/* Looks text[start, end), the hash of which is in `state`, up in `set`; a hit
 * replaces what was found before, so callers go from the least to the most
 * specific. */
static void look_up(const csamatch_keyset *set, const csm_siphash *state, uint8_t rule,
                    size_t start, size_t end, hit *best)
{
    uint8_t key[CSAMATCH_ADDRESS_KEY_WIDTH];
    if (set == NULL)
        return;
    csm_siphash_finish(*state, key);
    int64_t position = csamatch_keyset_find(set, key);
    if (position >= 0)
        *best = (hit){position, rule, start, end};
}

/* From the last label to the first, so that each longer suffix goes on where
 * the shorter one stopped. An IP address has no parents, and no suffix of
 * numbers alone is looked up: it would be no name. */
static void look_up_host(const csamatch_address_sets *sets, const uint8_t *host, size_t length,
                         bool is_ip, csm_siphash *state, hit *best)
{
    bool named = false;
    for (size_t i = length; i > 0; i--) {
        uint8_t c = host[i - 1];
        if (c == '.' && named && !is_ip)
            look_up(sets->domain, state, CSAMATCH_RULE_DOMAIN, i, length, best);
        named = named || (c != '.' && (c < '0' || c > '9'));
        csm_siphash_byte(state, c);
    }
    look_up(sets->domain, state, CSAMATCH_RULE_DOMAIN, 0, length, best);
    look_up(sets->host, state, CSAMATCH_RULE_HOST, 0, length, best);
}

static hit look_up_address(const csamatch_address_sets *sets, const uint8_t *text,
                           const csamatch_address *address)
{
    hit best = {-1, CSAMATCH_RULE_NONE, 0, 0};
    csm_siphash state;
    csm_address_hash_init(&state);
    bool is_ip = (address->flags & CSAMATCH_ADDRESS_IP) != 0;
    look_up_host(sets, text, address->host_length, is_ip, &state, &best);
    if (sets->prefix == NULL && sets->url == NULL)
        return best;
    size_t path_end = address->host_length + address->path_length;
    for (size_t i = address->host_length; i < address->length; i++) {
        csm_siphash_byte(&state, text[i]);
        if (text[i] == '/' && i < path_end)
            look_up(sets->prefix, &state, CSAMATCH_RULE_PREFIX, 0, i + 1, &best);
    }
    look_up(sets->url, &state, CSAMATCH_RULE_URL, 0, address->length, &best);
    return best;
}

static bool usable(const csamatch_keyset *set)
{
    return set == NULL || csamatch_keyset_width(set) == CSAMATCH_ADDRESS_KEY_WIDTH;
}

static bool all_usable(const csamatch_address_sets *sets)
{
    return sets != NULL && usable(sets->domain) && usable(sets->host) && usable(sets->url) &&
           usable(sets->prefix);
}

/* What else a text can mean, going by what was met in it: bits to turn over in
 * the readings. */
static uint32_t other_readings(uint32_t flags)
{
    return ((flags & CSAMATCH_ADDRESS_OPEN_PATH) != 0 ? CSAMATCH_READ_OPEN_PATH : 0u) |
           ((flags & CSAMATCH_ADDRESS_WIDE_IP) != 0 ? CSAMATCH_READ_WRAP_IP : 0u);
}

/* Looks a text up in one reading, unless something was found already. */
static void look_up_reading(const csamatch_address_sets *sets, const csamatch_text *text,
                            uint32_t readings, uint8_t *room, size_t room_size,
                            csamatch_address *address, hit *found)
{
    if (found->position < 0 && csamatch_url_normalize(text->data, text->length, readings, room,
                                                      room_size, address) == CSAMATCH_OK)
        *found = look_up_address(sets, room, address);
}

/* Looks a text up in its canonical reading and, while that hits nothing, in
 * every other one; what was refanged, as it stands too. `room` has what
 * csamatch_address_capacity asks for, and holds the reading that hit. */
static hit look_up_text(const csamatch_address_sets *sets, const csamatch_text *text,
                        uint32_t readings, uint8_t *room, size_t room_size)
{
    hit found = {-1, CSAMATCH_RULE_INVALID, 0, 0};
    for (bool as_it_stands = false;; as_it_stands = true) {
        csamatch_address address = {.flags = 0};
        look_up_reading(sets, text, readings, room, room_size, &address, &found);
        uint32_t flags = address.flags, others = other_readings(flags);
        /* All combinations of them: the subtraction borrows from bit to bit. */
        for (uint32_t turn = others; turn != 0; turn = (turn - 1) & others)
            look_up_reading(sets, text, readings ^ turn, room, room_size, &address, &found);
        if (as_it_stands || found.position >= 0 || (flags & CSAMATCH_ADDRESS_REFANGED) == 0)
            return found;
        readings &= ~(uint32_t)CSAMATCH_READ_REFANG;
    }
}

csamatch_status csamatch_url_find(const csamatch_address_sets *sets, const csamatch_text *url,
                                  uint32_t readings, uint8_t *out, size_t capacity,
                                  csamatch_form *form)
{
    if (!all_usable(sets) || url == NULL || out == NULL || form == NULL ||
        (url->data == NULL && url->length > 0))
        return CSAMATCH_ERROR_ARGUMENT;
    size_t need = csamatch_address_capacity(url->length);
    if (need == 0)
        return CSAMATCH_ERROR_ARGUMENT;
    if (capacity < need)
        return CSAMATCH_ERROR_SPACE;
    hit found = look_up_text(sets, url, readings, out, capacity);
    *form = (csamatch_form){found.position, found.start, found.end, found.rule};
    return CSAMATCH_OK;
}

csamatch_status csamatch_url_match(const csamatch_address_sets *sets, const csamatch_text *urls,
                                   size_t count, uint32_t readings, int64_t *positions,
                                   uint8_t *rules)
{
    if (!all_usable(sets) ||
        (count > 0 && (urls == NULL || positions == NULL || rules == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    uint8_t small[8192]; /* room for URLs of about 1,700 bytes; longer ones are rare */
    uint8_t *room = small;
    size_t room_size = sizeof small;
    csamatch_status status = CSAMATCH_OK;
    for (size_t i = 0; i < count; i++) {
        size_t need = csamatch_address_capacity(urls[i].length);
        if (need == 0 || (urls[i].data == NULL && urls[i].length > 0)) {
            status = CSAMATCH_ERROR_ARGUMENT;
            break;
        }
        if (need > room_size) {
            if (room != small)
                free(room);
            room = malloc(need);
            room_size = need;
            if (room == NULL)
                return CSAMATCH_ERROR_MEMORY;
        }
        hit found = look_up_text(sets, &urls[i], readings, room, room_size);
        positions[i] = found.position;
        rules[i] = found.rule;
    }
    if (room != small)
        free(room);
    return status;
}
