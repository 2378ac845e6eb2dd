/* Asks the CPU itself what it can do: __builtin_cpu_supports takes its answer
 * from the compiler's run-time library, and some (zig's) say no to all.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#ifdef CSM_HAVE_X86_KERNELS
#include <cpuid.h>

enum { OSXSAVE = 27 }; /* ECX of leaf 1 */

/* What the system saves when it switches threads, in XCR0. */
enum {
    XCR0_SSE = 1 << 1,
    XCR0_AVX = 1 << 2,
    XCR0_OPMASK = 1 << 5,
    XCR0_ZMM_HI256 = 1 << 6,
    XCR0_HI16_ZMM = 1 << 7,
    YMM_STATE = XCR0_SSE | XCR0_AVX,
    ZMM_STATE = YMM_STATE | XCR0_OPMASK | XCR0_ZMM_HI256 | XCR0_HI16_ZMM
};

/* Bits of EBX of leaf 7, and the state that each needs. */
static const struct {
    unsigned bit, feature, state;
} leaf_7[] = {
    {3, CSM_CPU_BMI1, 0},
    {5, CSM_CPU_AVX2, YMM_STATE},
    {8, CSM_CPU_BMI2, 0},
    {16, CSM_CPU_AVX512F, ZMM_STATE},
    {17, CSM_CPU_AVX512DQ, ZMM_STATE},
    {30, CSM_CPU_AVX512BW, ZMM_STATE},
    {31, CSM_CPU_AVX512VL, ZMM_STATE},
};

unsigned csm_cpu_decode(uint32_t leaf_1_ecx, uint32_t leaf_7_ebx, uint64_t xcr0)
{
    uint64_t saved = leaf_1_ecx >> OSXSAVE & 1 ? xcr0 : 0;
    unsigned features = 0;
    for (size_t i = 0; i < sizeof leaf_7 / sizeof leaf_7[0]; i++)
        if ((leaf_7_ebx >> leaf_7[i].bit & 1) != 0 && (saved & leaf_7[i].state) == leaf_7[i].state)
            features |= leaf_7[i].feature;
    return features;
}

static uint64_t read_xcr0(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

unsigned csm_cpu_features(void)
{
    unsigned eax, ebx, ecx, edx, leaf_7_ebx;
    if (!__get_cpuid_count(7, 0, &eax, &leaf_7_ebx, &ecx, &edx) ||
        !__get_cpuid(1, &eax, &ebx, &ecx, &edx))
        return 0;
    /* Without OSXSAVE the instruction is not there. macOS sets the bits for
     * AVX-512 only once a thread has used it, and so gets AVX2. */
    bool osxsave = (ecx >> OSXSAVE & 1) != 0;
    return csm_cpu_decode(ecx, leaf_7_ebx, osxsave ? read_xcr0() : 0);
}
#else
typedef int csm_cpu_not_here; /* ISO C forbids an empty file */
#endif
