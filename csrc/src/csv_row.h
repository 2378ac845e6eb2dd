/* What the files of the CSV reader share. Not installed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_CSV_ROW_H
#define CSAMATCH_CSV_ROW_H

#include "internal.h"

typedef struct csm_csv_field {
    size_t start, end; /* its content, without quotes around it */
    bool doubled;      /* it has doubled quotes */
    bool decoded;      /* it was a digest, which has been written already */
} csm_csv_field;

typedef struct csm_csv_reader {
    csamatch_csv *scan;
    const uint8_t *text;
    size_t length;
    size_t at;
    size_t columns; /* of this row, so far */
    size_t lines;   /* line ends in this row, so far */
    csm_csv_field fields[CSAMATCH_CSV_PICKED];
} csm_csv_reader;

/* The digest or address in a field, when all else that stands there means nothing. */
csm_csv_field csm_csv_undressed(const uint8_t *text, csm_csv_field f);

/* Where the line that begins at `start` ends. */
size_t csm_csv_line_end(const csm_csv_reader *r, size_t start, size_t end);

/* Whether a line, taken by itself and whatever its quotes, has as many columns
 * as a row should have, and in one of those that hold them another digest, or
 * another address, than the row at hand. */
bool csm_csv_reads_like_row(const csm_csv_reader *r, size_t start, size_t end);

/* Whether a quote has swallowed rows: a line of the row from `start` to r->at
 * is one by itself. */
bool csm_csv_swallows_rows(const csm_csv_reader *r, size_t start);

#endif
