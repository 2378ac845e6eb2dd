/* Keys of canonical addresses, and looking them up.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lookup.h"

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

/* Normalises a text in one reading and adds its forms to what is looked up. */
static void add_reading(csm_lookup *lookup, uint32_t slot, const csamatch_text *text,
                        uint32_t readings, uint8_t *room, size_t room_size,
                        csamatch_address *address)
{
    csm_found *found = &lookup->found[slot];
    if (csamatch_url_normalize(text->data, text->length, readings, room, room_size, address) !=
        CSAMATCH_OK)
        return;
    if (found->rule == CSAMATCH_RULE_INVALID)
        found->rule = CSAMATCH_RULE_NONE;
    csm_lookup_add(lookup, slot, room, address);
}

/* Looks a text up in one reading, unless something was found already. */
static void look_up_reading(csm_lookup *lookup, const csamatch_text *text, uint32_t readings,
                            uint8_t *room, size_t room_size, csamatch_address *address)
{
    if (lookup->found->position >= 0)
        return;
    add_reading(lookup, 0, text, readings, room, room_size, address);
    csm_lookup_flush(lookup);
}

/* Looks a text up in its canonical reading and, while that hits nothing, in
 * every other one; what was refanged, as it stands too. `room` has what
 * csamatch_address_capacity asks for, and holds the reading that hit. Returns
 * the bytes of its host. */
static size_t look_up_text(csm_lookup *lookup, const csamatch_text *text, uint32_t readings,
                           uint8_t *room, size_t room_size)
{
    const csm_found *found = lookup->found;
    for (bool as_it_stands = false;; as_it_stands = true) {
        csamatch_address address = {.flags = 0};
        look_up_reading(lookup, text, readings, room, room_size, &address);
        uint32_t flags = address.flags, others = other_readings(flags);
        /* All combinations of them: the subtraction borrows from bit to bit. */
        for (uint32_t turn = others; turn != 0; turn = (turn - 1) & others)
            look_up_reading(lookup, text, readings ^ turn, room, room_size, &address);
        if (as_it_stands || found->position >= 0 || (flags & CSAMATCH_ADDRESS_REFANGED) == 0)
            return address.host_length;
        readings &= ~(uint32_t)CSAMATCH_READ_REFANG;
    }
}

static const csm_found not_found = {-1, 0, CSAMATCH_RULE_INVALID};

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
    csm_found found = not_found;
    csm_lookup lookup;
    csm_lookup_begin(&lookup, sets, &found);
    size_t host = look_up_text(&lookup, url, readings, out, capacity);
    bool suffix = found.rule == CSAMATCH_RULE_DOMAIN;
    *form = (csamatch_form){.position = found.position,
                            .start = suffix ? host - found.size : 0,
                            .end = suffix ? host : found.size,
                            .rule = found.rule};
    return CSAMATCH_OK;
}

/* Room for addresses to be worked on in. */
typedef struct workroom {
    uint8_t small[8192]; /* for URLs of about 1,700 bytes; longer ones are rare */
    uint8_t *data;
    size_t size;
} workroom;

static void room_free(workroom *room)
{
    if (room->data != room->small)
        free(room->data);
}

static csamatch_status room_for(workroom *room, const csamatch_text *text)
{
    size_t need = csamatch_address_capacity(text->length);
    if (need == 0 || (text->data == NULL && text->length > 0))
        return CSAMATCH_ERROR_ARGUMENT;
    if (need <= room->size)
        return CSAMATCH_OK;
    room_free(room);
    room->data = malloc(need);
    room->size = room->data != NULL ? need : 0;
    return room->data != NULL ? CSAMATCH_OK : CSAMATCH_ERROR_MEMORY;
}

/* Looks up `count` texts together, at most GROUP of them. */
enum { GROUP = 64, SOON = 8 };
static csamatch_status match_group(const csamatch_address_sets *sets, const csamatch_text *urls,
                                   size_t count, uint32_t readings, workroom *room,
                                   csm_found *found)
{
    csm_lookup lookup;
    uint32_t flags[GROUP];
    bool hosts_only = sets->url == NULL && sets->prefix == NULL; /* no path matters */
    csm_lookup_begin(&lookup, sets, found);
    for (uint32_t i = 0; i < count; i++) {
        if (i + SOON < count)
            CSM_PREFETCH(urls[i + SOON].data);
        csamatch_status status = room_for(room, &urls[i]);
        if (status != CSAMATCH_OK)
            return status;
        csamatch_address address = {.flags = 0};
        found[i] = not_found;
        flags[i] = 0;
        if (hosts_only &&
            csm_plain_host((const uint8_t *)urls[i].data, urls[i].length, room->data, &address)) {
            found[i].rule = CSAMATCH_RULE_NONE;
            csm_lookup_add(&lookup, i, room->data, &address);
            continue;
        }
        add_reading(&lookup, i, &urls[i], readings, room->data, room->size, &address);
        flags[i] = address.flags;
    }
    csm_lookup_flush(&lookup);
    for (size_t i = 0; i < count; i++) {
        bool open = other_readings(flags[i]) != 0 || (flags[i] & CSAMATCH_ADDRESS_REFANGED) != 0;
        if (found[i].position >= 0 || !open)
            continue;
        csm_lookup_begin(&lookup, sets, &found[i]);
        (void)look_up_text(&lookup, &urls[i], readings, room->data, room->size);
    }
    return CSAMATCH_OK;
}

csamatch_status csamatch_url_match(const csamatch_address_sets *sets, const csamatch_text *urls,
                                   size_t count, uint32_t readings, int64_t *positions,
                                   uint8_t *rules)
{
    if (!all_usable(sets) ||
        (count > 0 && (urls == NULL || positions == NULL || rules == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    workroom room;
    room.data = room.small;
    room.size = sizeof room.small;
    csamatch_status status = CSAMATCH_OK;
    for (size_t start = 0; start < count && status == CSAMATCH_OK; start += GROUP) {
        csm_found found[GROUP];
        size_t size = count - start < GROUP ? count - start : GROUP;
        status = match_group(sets, urls + start, size, readings, &room, found);
        for (size_t i = 0; i < size && status == CSAMATCH_OK; i++) {
            positions[start + i] = found[i].position;
            rules[start + i] = found[i].rule;
        }
    }
    room_free(&room);
    return status;
}
