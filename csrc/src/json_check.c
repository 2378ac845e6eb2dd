/* Whether a text is JSON: the scanner alone, for callers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

size_t csamatch_json_size(void)
{
    return sizeof(csamatch_json);
}

csamatch_status csamatch_json_init(csamatch_json *json)
{
    if (json == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    csm_json_init(json);
    return CSAMATCH_OK;
}

csamatch_status csamatch_json_feed(csamatch_json *json, const char *data, size_t length)
{
    if (json == NULL || (length > 0 && data == NULL))
        return CSAMATCH_ERROR_ARGUMENT;
    if (json->error != CSAMATCH_OK || length == 0)
        return json->error;
    const uint8_t *at = (const uint8_t *)data, *end = at + length;
    csm_json_text text;
    csm_json_token token;
    csm_json_begin(json, at);
    do {
        token = csm_json_next(json, &at, end, &text);
    } while (token > CSM_JSON_ERROR);
    csm_json_end(json, at);
    return json->error;
}

csamatch_status csamatch_json_finish(csamatch_json *json)
{
    if (json == NULL)
        return CSAMATCH_ERROR_ARGUMENT;
    if (json->error != CSAMATCH_OK)
        return json->error;
    /* Only a number's end is not seen before something else follows it. */
    if (json->inside == CSM_JSON_NUMBER && json->depth == 0 && json->step <= CSM_JSON_EXPONENT)
        csm_json_finish_value(json, CSM_JSON_NUMBER);
    if (json->expected != CSM_JSON_NOTHING || json->inside != CSM_JSON_MORE) {
        json->error = CSAMATCH_ERROR_JSON_END;
        json->place = json->base;
    }
    return json->error;
}

void csamatch_json_place(const csamatch_json *json, uint64_t *line, uint64_t *column)
{
    if (json == NULL)
        return;
    uint64_t place = json->error != CSAMATCH_OK ? json->place : json->base;
    if (line != NULL)
        *line = json->line + 1;
    if (column != NULL)
        *column = place - json->line_start + 1;
}
