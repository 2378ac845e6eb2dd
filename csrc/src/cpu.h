/* What the CPU and its operating system let the kernels for x86-64 use. Not
 * installed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CSAMATCH_CPU_H
#define CSAMATCH_CPU_H

#include "internal.h"

#ifdef CSM_HAVE_X86_KERNELS

/* Flags of csm_cpu_features, named as Intel's manual names them. */
enum {
    CSM_CPU_BMI1 = 1 << 0,
    CSM_CPU_BMI2 = 1 << 1,
    CSM_CPU_AVX2 = 1 << 2,
    CSM_CPU_AVX512F = 1 << 3,
    CSM_CPU_AVX512DQ = 1 << 4,
    CSM_CPU_AVX512BW = 1 << 5,
    CSM_CPU_AVX512VL = 1 << 6
};

/* Which of them CPUID reports in ECX of leaf 1 and in EBX of leaf 7, subleaf 0,
 * less those whose registers the system does not save by `xcr0`, which counts
 * only where leaf 1 says that there is one. */
unsigned csm_cpu_decode(uint32_t leaf_1_ecx, uint32_t leaf_7_ebx, uint64_t xcr0);

/* Those of this machine. */
unsigned csm_cpu_features(void);

/* True when all of `features` are among them. */
static inline bool csm_cpu_has(unsigned features)
{
    return (csm_cpu_features() & features) == features;
}

#endif
#endif
