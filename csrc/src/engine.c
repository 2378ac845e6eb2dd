/* Making and checking the directory that stands beside sorted keys.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

static bool usable(const uint8_t *keys, size_t count, size_t width, const uint8_t *directory,
                   size_t lines)
{
    return (keys != NULL || count == 0) && directory != NULL && lines > 0 &&
           (uint64_t)lines <= UINT32_MAX && csm_rows_fit(count, width) && width >= 8 &&
           (uint64_t)count <= UINT32_MAX;
}

/* 43 keys a line: 1.49 bytes a key. Fuller lines let more misses through to
 * the keys, and tell less well where in them a key lies. */
size_t csamatch_directory_lines(size_t count)
{
    return count / 43 + 1;
}

/* A directory in the making, or beside one that is compared with it. */
typedef struct line_maker {
    csamatch_directory_state state;
    uint64_t lines;
    uint8_t *line;           /* the one being made */
    const uint8_t *expected; /* the whole directory, or NULL: the next line goes behind */
    bool differs;
} line_maker;

static void begin_line(line_maker *maker)
{
    maker->state.first = maker->state.count;
    memset(maker->line, 0, CSM_LINE);
    for (unsigned i = 0; i < 4; i++)
        maker->line[i] = (uint8_t)(maker->state.count >> (8 * i));
}

/* A bucket without keys ends where the one before it does. */
static void end_line(line_maker *maker)
{
    uint8_t *ends = maker->line + CSM_ENDS, last = ends[0];
    for (size_t i = 1; i <= CSM_BUCKETS; i++)
        ends[i] = last = ends[i] < last ? last : ends[i];
    if (maker->expected == NULL)
        maker->line += CSM_LINE;
    else if (memcmp(maker->line, maker->expected + CSM_LINE * maker->state.line, CSM_LINE) != 0)
        maker->differs = true;
    maker->state.line++;
}

/* Goes on to a line further on; `count` keys have come. False when it lies behind. */
static bool go_to_line(line_maker *maker, uint64_t line, uint64_t count)
{
    if (line < maker->state.line)
        return false;
    maker->state.count = count;
    do {
        end_line(maker);
        begin_line(maker);
    } while (maker->state.line < line);
    return true;
}

/* Each key says itself in which line and bucket it belongs: no branch that is
 * ever taken but where a line ends, of which there is one in some forty keys.
 * What each key needs is copied: a line's bytes might be the maker's own, for
 * all that a compiler knows. */
CSM_INLINE bool add_keys(line_maker *maker, const uint8_t *keys, size_t count, size_t width)
{
    uint64_t last = 0, lines = maker->lines, line = maker->state.line, before = maker->state.count;
    uint64_t end = before - maker->state.first;
    uint8_t *bytes = maker->line;
    for (size_t i = 0; i < count; i++, keys += width) {
        uint64_t lead = csm_load_be64(keys), spot = (lead >> 32) * lines;
        if (lead <= last && i > 0 && csm_compare(keys - width, keys, width) >= 0)
            return false;
        last = lead;
        if (spot >> 32 != line) {
            if (!go_to_line(maker, spot >> 32, before + i))
                return false;
            line = maker->state.line;
            bytes = maker->line;
            end = 0;
        }
        end++;
        uint64_t hash = csm_key_hash(keys, width);
        uint8_t *word = bytes + csm_filter_place(hash);
        csm_store_le64(word, csm_load_le64(word) | csm_filter_bits(hash));
        bytes[CSM_ENDS + 1 + (csm_spot_bucket(spot) >> 32)] =
            (uint8_t)(end < CSM_FULL ? end : CSM_FULL);
    }
    maker->state.count = before + count;
    return true;
}

static bool add(line_maker *maker, const uint8_t *keys, size_t count, size_t width)
{
    switch (width) {
    case 16: return add_keys(maker, keys, count, 16);
    case 20: return add_keys(maker, keys, count, 20);
    case 32: return add_keys(maker, keys, count, 32);
    default: return add_keys(maker, keys, count, width);
    }
}

static void finish(line_maker *maker)
{
    while (maker->state.line < maker->lines) {
        end_line(maker);
        begin_line(maker);
    }
    end_line(maker);
}

csamatch_status csamatch_directory_add(csamatch_directory_state *state, const uint8_t *keys,
                                       size_t count, size_t width, uint8_t *directory,
                                       size_t lines)
{
    if (state == NULL || !usable(keys, count, width, directory, lines) ||
        state->line >= lines || state->count > UINT32_MAX - count)
        return CSAMATCH_ERROR_ARGUMENT;
    line_maker maker = {
        .state = *state, .lines = lines, .line = directory + CSM_LINE * state->line};
    if (state->count == 0)
        begin_line(&maker);
    bool in_order = add(&maker, keys, count, width);
    *state = maker.state;
    return in_order ? CSAMATCH_OK : CSAMATCH_ERROR_ORDER;
}

csamatch_status csamatch_directory_end(csamatch_directory_state *state, uint8_t *directory,
                                       size_t lines)
{
    csamatch_status status = csamatch_directory_add(state, NULL, 0, 8, directory, lines);
    if (status == CSAMATCH_OK) {
        line_maker maker = {
            .state = *state, .lines = lines, .line = directory + CSM_LINE * state->line};
        finish(&maker);
        *state = maker.state;
    }
    return status;
}

csamatch_status csamatch_directory_build(const uint8_t *keys, size_t count, size_t width,
                                         uint8_t *directory, size_t lines)
{
    csamatch_directory_state state = {0, 0, 0};
    csamatch_status status = csamatch_directory_add(&state, keys, count, width, directory, lines);
    return status == CSAMATCH_OK ? csamatch_directory_end(&state, directory, lines) : status;
}

csamatch_status csamatch_directory_check(const uint8_t *keys, size_t count, size_t width,
                                         const uint8_t *directory, size_t lines)
{
    if (!usable(keys, count, width, directory, lines))
        return CSAMATCH_ERROR_ARGUMENT;
    uint8_t line[CSM_LINE];
    line_maker maker = {.lines = lines, .line = line, .expected = directory};
    begin_line(&maker);
    if (!add(&maker, keys, count, width))
        return CSAMATCH_ERROR_DIRECTORY;
    finish(&maker);
    return maker.differs ? CSAMATCH_ERROR_DIRECTORY : CSAMATCH_OK;
}
