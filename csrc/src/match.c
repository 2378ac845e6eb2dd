/* Looking up URLs in lists of addresses.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lookup.h"

static bool usable(const csamatch_keyset *set)
{
    return set == NULL || (csamatch_keyset_width(set) == CSAMATCH_ADDRESS_KEY_WIDTH &&
                           !csm_keyset_is_keyed(set));
}

static bool all_usable(const csamatch_address_sets *sets)
{
    return sets != NULL && usable(sets->domain) && usable(sets->host) && usable(sets->url) &&
           usable(sets->prefix) && usable(sets->page_hosts);
}

/* What else a text can mean, going by what was met in it: bits to turn over in
 * the readings. `legacy` is CSAMATCH_READ_LEGACY_IDNA where that was asked for. */
static uint32_t other_readings(uint32_t flags, uint32_t legacy)
{
    return ((flags & CSAMATCH_ADDRESS_DEVIATION) != 0 ? legacy : 0u) |
           ((flags & CSAMATCH_ADDRESS_OPEN_PATH) != 0 ? CSAMATCH_READ_OPEN_PATH : 0u) |
           ((flags & CSAMATCH_ADDRESS_WIDE_IP) != 0 ? CSAMATCH_READ_WRAP_IP : 0u);
}

/* Room for an address to be worked on in. */
typedef struct room {
    uint8_t *data;
    size_t size; /* what csamatch_address_capacity asks for, or more */
} room;

/* Normalises a text in one reading; false when it has no canonical form in it. */
static bool read_text(csm_found *found, const csamatch_text *text, uint32_t readings, room at,
                      csamatch_address *address)
{
    if (csamatch_url_normalize(text->data, text->length, readings, at.data, at.size, address) !=
        CSAMATCH_OK)
        return false;
    if (found->rule == CSAMATCH_RULE_INVALID)
        found->rule = CSAMATCH_RULE_NONE;
    return true;
}

/* Looks a text up in one reading, unless something was found already. */
static void look_up_reading(csm_lookup *lookup, const csamatch_text *text, uint32_t readings,
                            room at, csamatch_address *address)
{
    csm_found *found = lookup->found;
    if (found->position >= 0 || !read_text(found, text, readings, at, address))
        return;
    csm_lookup_add(lookup, 0, at.data, address);
    csm_lookup_flush(lookup);
}

/* Looks a text up in its canonical reading and, while that hits nothing, in
 * every other one; what was refanged, as it stands too. The room then holds the
 * reading that hit. Returns the bytes of its host. */
static size_t look_up_text(csm_lookup *lookup, const csamatch_text *text, uint32_t readings,
                           room at)
{
    const csm_found *found = lookup->found;
    uint32_t legacy = readings & CSAMATCH_READ_LEGACY_IDNA;
    readings ^= legacy;
    for (bool as_it_stands = false;; as_it_stands = true) {
        csamatch_address address = {.flags = 0};
        look_up_reading(lookup, text, readings, at, &address);
        uint32_t flags = address.flags, others = other_readings(flags, legacy);
        /* All combinations of them: the subtraction borrows from bit to bit. */
        for (uint32_t turn = others; turn != 0; turn = (turn - 1) & others)
            look_up_reading(lookup, text, readings ^ turn, at, &address);
        if (as_it_stands || found->position >= 0 || (flags & CSAMATCH_ADDRESS_REFANGED) == 0)
            return address.host_length;
        readings &= ~(uint32_t)CSAMATCH_READ_REFANG;
    }
}

static const csm_found not_found = {.position = -1, .rule = CSAMATCH_RULE_INVALID};

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
    size_t host = look_up_text(&lookup, url, readings, (room){out, capacity});
    bool suffix = found.rule == CSAMATCH_RULE_DOMAIN;
    *form = (csamatch_form){.position = found.position,
                            .start = suffix ? host - found.size : 0,
                            .end = suffix ? host : found.size,
                            .rule = found.rule};
    return CSAMATCH_OK;
}

/* Of its own, for URLs of about 1,700 bytes; longer ones are rare. */
typedef struct workroom {
    room at;
    uint8_t small[8192];
} workroom;

static void free_room(workroom *work)
{
    if (work->at.data != work->small)
        free(work->at.data);
}

static csamatch_status make_room(workroom *work, const csamatch_text *text)
{
    size_t need = csamatch_address_capacity(text->length);
    if (need == 0 || (text->data == NULL && text->length > 0))
        return CSAMATCH_ERROR_ARGUMENT;
    if (need <= work->at.size)
        return CSAMATCH_OK;
    free_room(work);
    work->at.data = malloc(need);
    work->at.size = work->at.data != NULL ? need : 0;
    return work->at.data != NULL ? CSAMATCH_OK : CSAMATCH_ERROR_MEMORY;
}

/* Texts that are looked up together. */
enum { GROUP = 64, SOON = 8 };
typedef struct group {
    const csamatch_text *texts;
    size_t count;
    uint32_t readings; /* the first one of each */
    uint32_t legacy;   /* CSAMATCH_READ_LEGACY_IDNA where that was asked for */
    csm_lookup lookup;
    csm_found found[GROUP];
    uint32_t flags[GROUP];
    uint8_t hosts[GROUP][CSM_PLAIN_HOST_ROOM];
    workroom work;
} group;

/* Looks a text up that is not plain: its host, and its pages too where hosts
 * alone don't tell whether any are listed. */
static csamatch_status look_up_slowly(group *g, uint32_t i, bool hosts_first)
{
    csamatch_address address = {.flags = 0};
    csamatch_status status = make_room(&g->work, &g->texts[i]);
    if (status != CSAMATCH_OK)
        return status;
    if (read_text(&g->found[i], &g->texts[i], g->readings, g->work.at, &address)) {
        if (hosts_first)
            csm_lookup_add_host(&g->lookup, i, g->work.at.data, &address);
        else
            csm_lookup_add(&g->lookup, i, g->work.at.data, &address);
    }
    g->flags[i] = address.flags;
    return CSAMATCH_OK;
}

/* Looks the hosts up. Those that are plain are read first and added later, when
 * what was written has settled: to read it at once in other pieces would stall. */
static csamatch_status look_up_hosts(group *g)
{
    csamatch_address address;
    size_t plain[GROUP]; /* the length of the host, or 0 */
    uint64_t dots[GROUP];
    bool hosts_first = csm_lookup_knows_hosts(&g->lookup);
    for (uint32_t i = 0; i < g->count; i++) {
        const csamatch_text *text = &g->texts[i];
        if (i + SOON < g->count)
            CSM_PREFETCH(g->texts[i + SOON].data);
        if (text->data == NULL && text->length > 0)
            return CSAMATCH_ERROR_ARGUMENT;
        g->found[i] = not_found;
        g->flags[i] = 0;
        bool is_plain = hosts_first && csm_plain_host((const uint8_t *)text->data, text->length,
                                                      g->hosts[i], &address, &dots[i]);
        plain[i] = is_plain ? address.host_length : 0;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        if (plain[i] > 0) {
            g->found[i].rule = CSAMATCH_RULE_NONE;
            csm_lookup_add_plain(&g->lookup, i, g->hosts[i], plain[i], dots[i]);
            continue;
        }
        csamatch_status status = look_up_slowly(g, i, hosts_first);
        if (status != CSAMATCH_OK)
            return status;
    }
    csm_lookup_flush(&g->lookup);
    return CSAMATCH_OK;
}

/* Looks up the pages of hosts that have any listed. */
static csamatch_status look_up_pages(group *g)
{
    for (uint32_t i = 0; i < g->count; i++) {
        csamatch_address address = {.flags = 0};
        if (!g->found[i].has_pages)
            continue;
        csamatch_status status = make_room(&g->work, &g->texts[i]);
        if (status != CSAMATCH_OK)
            return status;
        if (read_text(&g->found[i], &g->texts[i], g->readings, g->work.at, &address))
            csm_lookup_add(&g->lookup, i, g->work.at.data, &address);
        g->flags[i] = address.flags;
    }
    csm_lookup_flush(&g->lookup);
    return CSAMATCH_OK;
}

/* Looks up the other readings of texts that have any and were not found. */
static void look_up_others(group *g, const csamatch_address_sets *sets)
{
    for (size_t i = 0; i < g->count; i++) {
        uint32_t flags = g->flags[i];
        bool refanged = (flags & CSAMATCH_ADDRESS_REFANGED) != 0;
        if (g->found[i].position >= 0 || (!refanged && other_readings(flags, g->legacy) == 0))
            continue;
        csm_lookup_begin(&g->lookup, sets, &g->found[i]);
        (void)look_up_text(&g->lookup, &g->texts[i], g->readings | g->legacy, g->work.at);
    }
}

csamatch_status csamatch_url_match(const csamatch_address_sets *sets, const csamatch_text *urls,
                                   size_t count, uint32_t readings, int64_t *positions,
                                   uint8_t *rules)
{
    if (!all_usable(sets) ||
        (count > 0 && (urls == NULL || positions == NULL || rules == NULL)))
        return CSAMATCH_ERROR_ARGUMENT;
    group g;
    g.legacy = readings & CSAMATCH_READ_LEGACY_IDNA;
    g.readings = readings ^ g.legacy;
    g.work.at = (room){g.work.small, sizeof g.work.small};
    csamatch_status status = CSAMATCH_OK;
    for (size_t start = 0; start < count; start += GROUP) {
        g.texts = urls + start;
        g.count = count - start < GROUP ? count - start : GROUP;
        csm_lookup_begin(&g.lookup, sets, g.found);
        status = look_up_hosts(&g);
        if (status == CSAMATCH_OK)
            status = look_up_pages(&g);
        if (status != CSAMATCH_OK)
            break;
        look_up_others(&g, sets);
        for (size_t i = 0; i < g.count; i++) {
            positions[start + i] = g.found[i].position;
            rules[start + i] = g.found[i].rule;
        }
    }
    free_room(&g.work);
    return status;
}
