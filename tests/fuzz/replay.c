/* Gives a fuzz target the files named, and beginnings of each, without a
 * fuzzer: any compiler will do.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

enum { LARGEST = 1 << 16, BEGINNINGS = 128 };

int main(int argc, char **argv)
{
    static uint8_t data[LARGEST];
    REQUIRE(argc > 1); /* a target without seeds tests nothing */
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        REQUIRE(file != NULL);
        size_t size = fread(data, 1, LARGEST, file);
        REQUIRE(size < LARGEST && fclose(file) == 0);
        for (size_t length = 0; length < size; length += 1 + size / BEGINNINGS)
            LLVMFuzzerTestOneInput(data, length);
        LLVMFuzzerTestOneInput(data, size);
    }
    return 0;
}
