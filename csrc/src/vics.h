/* What the files of the VICS reader share. Not installed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_VICS_H
#define CSAMATCH_VICS_H

#include "json.h"

/* Bytes of text of one record's values that are no digests. */
#define CSM_VICS_RECORD_TEXT (1 << 16)

#define CSM_VICS_NO_SKIP UINT32_MAX

/* The keys that mean something. */
typedef enum csm_vics_key {
    CSM_KEY_UNKNOWN,
    CSM_KEY_VALUE,
    CSM_KEY_MEDIA,
    CSM_KEY_ID,
    CSM_KEY_CATEGORY,
    CSM_KEY_MD5,
    CSM_KEY_SHA1,
    CSM_KEY_SHA256,
    CSM_KEY_ALTERNATIVES,
    CSM_KEY_FILES,
    CSM_KEY_HASH_NAME,
    CSM_KEY_HASH_VALUE
} csm_vics_key;

/* Where in the document reading is. */
typedef enum csm_vics_where {
    CSM_IN_NOTHING,
    CSM_IN_ROOT,
    CSM_IN_VALUES,
    CSM_IN_CASE,
    CSM_IN_CASE_MEDIA, /* the array */
    CSM_IN_MEDIA,      /* the object */
    CSM_IN_ALTERNATIVES,
    CSM_IN_ALTERNATIVE,
    CSM_IN_FILES,
    CSM_IN_FILE
} csm_vics_where;

/* A value as it is written. */
typedef struct csm_vics_text {
    uint8_t type; /* CSAMATCH_VICS_NONE and so on */
    bool is_plain;
    size_t length;
    uint8_t text[CSAMATCH_VICS_TEXT];
} csm_vics_text;

typedef struct csm_vics_item {
    uint8_t field; /* CSAMATCH_VICS_MD5 and so on */
    uint8_t type;
    uint32_t offset; /* of its text, where it is no digest */
    uint32_t length;
    uint8_t digest[32];
} csm_vics_item;

struct csamatch_vics {
    csamatch_json json;
    bool is_cases;
    bool is_ready; /* a record is complete, but not in the columns yet */
    uint8_t where;
    uint8_t key;
    uint32_t skip_depth; /* the depth behind what is skipped */
    /* Elements that have begun: of value, of Media in a case, and of
     * AlternativeHashes or MediaFiles. */
    uint64_t values, media, inner;
    /* The record that is being read. */
    bool is_no_object, has_too_many;
    bool says_twice; /* a key stands there twice, with different values */
    csm_vics_text id, category;
    csm_vics_item own[3]; /* MD5, SHA-1, SHA-256 */
    size_t item_count;
    size_t text_length;
    /* The object of AlternativeHashes or MediaFiles that is being read. */
    int algorithm; /* 0 to 2, or -1 for none that can be listed */
    bool has_name;
    csm_vics_text value;
    csm_vics_item items[CSAMATCH_VICS_DIGESTS];
    uint8_t text[CSM_VICS_RECORD_TEXT];
};

/* Begins a record. */
void csm_vics_begin_record(csamatch_vics *v);

/* Takes a value as it is. */
void csm_vics_take_text(csamatch_vics *v, csm_vics_text *value, csm_json_token token,
                        const csm_json_text *text);

/* Takes an id, which is plain if it is a text or an integer. */
void csm_vics_take_id(csamatch_vics *v, csm_json_token token, const csm_json_text *text);

/* Takes the record's own MD5 (0), SHA-1 (1) or SHA-256 (2). */
void csm_vics_take_own(csamatch_vics *v, int algorithm, csm_json_token token,
                       const csm_json_text *text);

/* The name of an algorithm, in AlternativeHashes. */
void csm_vics_take_name(csamatch_vics *v, csm_json_token token, const csm_json_text *text);

/* Takes what an object of AlternativeHashes or MediaFiles said. */
void csm_vics_end_item(csamatch_vics *v, bool is_file);

/* Moves the record into the columns; false when there is no room for it. */
bool csm_vics_put(csamatch_vics *v, csamatch_vics_columns *columns);

#endif
