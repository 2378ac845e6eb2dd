/* Counts what the library does, the same in every run on one compiler. The
 * library is compiled with -fsanitize-coverage=trace-pc, so that every basic
 * block calls the hook below, and with the functions of string.h and stdlib.h
 * renamed to those here, which count a step a byte, or what they allocate.
 * This file is compiled without either.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t steps, allocated;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    steps++;
}

void *steps_memcpy(void *to, const void *from, size_t size);
void *steps_memcpy(void *to, const void *from, size_t size)
{
    steps += size;
    return memcpy(to, from, size);
}

void *steps_memmove(void *to, const void *from, size_t size);
void *steps_memmove(void *to, const void *from, size_t size)
{
    steps += size;
    return memmove(to, from, size);
}

void *steps_memset(void *to, int byte, size_t size);
void *steps_memset(void *to, int byte, size_t size)
{
    steps += size;
    return memset(to, byte, size);
}

int steps_memcmp(const void *a, const void *b, size_t size);
int steps_memcmp(const void *a, const void *b, size_t size)
{
    steps += size;
    return memcmp(a, b, size);
}

void *steps_memchr(const void *text, int byte, size_t size);
void *steps_memchr(const void *text, int byte, size_t size)
{
    const uint8_t *found = memchr(text, byte, size);
    steps += found != NULL ? (size_t)(found - (const uint8_t *)text) : size;
    return (void *)(uintptr_t)found;
}

size_t steps_strlen(const char *text);
size_t steps_strlen(const char *text)
{
    size_t length = strlen(text);
    steps += length;
    return length;
}

void *steps_malloc(size_t size);
void *steps_malloc(size_t size)
{
    allocated += size;
    return malloc(size);
}

/* What was counted since the last call. */
uint64_t steps_taken(void);
uint64_t steps_taken(void)
{
    uint64_t taken = steps;
    steps = 0;
    return taken;
}

uint64_t bytes_allocated(void);
uint64_t bytes_allocated(void)
{
    uint64_t bytes = allocated;
    allocated = 0;
    return bytes;
}
