/* Keyed hashes of rows, many side by side.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

enum { WORD = 8 };

/* Lays up to CSM_ROWS rows side by side; inlined for the widths of digests. */
CSM_INLINE void lay(csm_rows *laid, const uint8_t *rows, size_t count, size_t width)
{
    size_t whole = width / WORD, left = width % WORD;
    for (size_t i = 0; i < count; i++, rows += width) {
        for (size_t word = 0; word < whole; word++)
            laid->words[word][i] = csm_load_le64(rows + word * WORD);
        uint64_t last = (uint64_t)width << 56;
        for (size_t k = 0; k < left; k++)
            last |= (uint64_t)rows[whole * WORD + k] << 8 * k;
        laid->words[whole][i] = last;
    }
}

static void lay_rows(csm_rows *laid, const uint8_t *rows, size_t count, size_t width)
{
    switch (width) {
    case 16: lay(laid, rows, count, 16); break;
    case 20: lay(laid, rows, count, 20); break;
    case 32: lay(laid, rows, count, 32); break;
    default: lay(laid, rows, count, width);
    }
}

void csm_hash_rows(const csm_kernel *kernel, const uint8_t key[16], const uint8_t *rows,
                   size_t count, size_t width, uint8_t *out)
{
    csm_siphash state;
    csm_siphash_init(&state, key);
    const uint64_t start[4] = {state.v0, state.v1, state.v2, state.v3};
    csm_rows laid;
    memset(&laid, 0, sizeof laid); /* lanes without a row are hashed too */
    for (size_t at = 0; at < count; at += CSM_ROWS) {
        size_t some = count - at < CSM_ROWS ? count - at : CSM_ROWS;
        lay_rows(&laid, rows + at * width, some, width);
        kernel->hash_rows(&laid, start, width / WORD + 1);
        for (size_t i = 0; i < some; i++, out += CSAMATCH_HASH_WIDTH) {
            csm_store_le64(out, laid.hash[0][i]);
            csm_store_le64(out + WORD, laid.hash[1][i]);
        }
    }
}

csamatch_status csamatch_rows_hash(const uint8_t *key, const uint8_t *rows, size_t count,
                                   size_t width, uint8_t *out)
{
    if (key == NULL || (count > 0 && (rows == NULL || out == NULL)) ||
        !csm_rows_fit(count, width))
        return CSAMATCH_ERROR_ARGUMENT;
    csm_hash_rows(csm_kernel_choose(NULL), key, rows, count, width, out);
    return CSAMATCH_OK;
}
