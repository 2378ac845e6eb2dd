#include "check.h"
#include "internal.h"

enum { LINES = 5 };

/* Reads the lines that it is told to, each as often as it is told, however far
 * ahead it asks for them, beyond the end of the list too. */
static void reads_each_line(void)
{
    /* One word of 64 bits is aligned as the reader wants it. */
    uint64_t *memory = calloc(LINES, 64);
    for (int i = 0; i < LINES; i++)
        memory[8 * i] = UINT64_C(1) << (8 * i);
    const uint32_t lines[] = {4, 0, 0, 2};
    const uint32_t others[] = {1, 1, 3, 4};
    const uint8_t *start = (const uint8_t *)memory;
    const size_t distances[] = {0, 1, 3, 4, 64, SIZE_MAX};
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        size_t ahead = distances[i];
        CHECK(csm_limit_one_line(start, lines, 4, ahead) == UINT64_C(0x0100010002));
        CHECK(csm_limit_two_lines(start, lines, others, 4, ahead) == UINT64_C(0x0201010202));
        CHECK(csm_limit_one_line(start, lines, 0, ahead) == 0);
        CHECK(csm_limit_two_lines(start, lines, others, 0, ahead) == 0);
    }
    free(memory);
}

int main(void)
{
    reads_each_line();
    return failures != 0;
}
