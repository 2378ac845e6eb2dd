/* What the fuzz targets share. A target is one file fuzz_NAME.c that defines
 * LLVMFuzzerTestOneInput; its seeds lie in corpus/fuzz_NAME/, and a line
 * "Dictionary: FILE" in it names what it is made of. run builds and
 * runs whatever targets there are; the C tests replay their seeds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program: what a fuzzer counts as a finding. */
#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                                     \
        }                                                                                \
    } while (0)

static inline void *fuzz_room(size_t size)
{
    void *room = malloc(size);
    REQUIRE(room != NULL);
    return room;
}

/* Exactly `size` bytes on the heap, so that the sanitizer sees a read past
 * either end; NULL for none, which the library must take. */
static inline void *fuzz_copy(const void *data, size_t size)
{
    if (size == 0)
        return NULL;
    return memcpy(fuzz_room(size), data, size);
}

static inline bool fuzz_same(const void *a, const void *b, size_t size)
{
    return size == 0 || memcmp(a, b, size) == 0;
}

/* Canonical text is printable ASCII without blanks. */
static inline bool fuzz_printable(const uint8_t *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7F)
            return false;
    }
    return true;
}

#endif
