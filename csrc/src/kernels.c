/* The one place that knows which kernels exist and what the CPU can do.
 * SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

/* Best first; the portable one is last and always runs. */
static const csm_kernel *const all_kernels[] = {
#ifdef CSM_HAVE_X86_KERNELS
    &csm_kernel_avx512,
    &csm_kernel_avx2,
#endif
#ifdef CSM_HAVE_NEON_KERNEL
    &csm_kernel_neon,
#endif
    &csm_kernel_portable,
};

enum { KERNEL_TOTAL = sizeof all_kernels / sizeof all_kernels[0] };

size_t csamatch_kernel_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < KERNEL_TOTAL; i++)
        count += all_kernels[i]->supported();
    return count;
}

const char *csamatch_kernel_name(size_t index)
{
    for (size_t i = 0; i < KERNEL_TOTAL; i++) {
        if (!all_kernels[i]->supported())
            continue;
        if (index == 0)
            return all_kernels[i]->name;
        index--;
    }
    return NULL;
}

const csm_kernel *csm_kernel_choose(const char *name)
{
    for (size_t i = 0; i < KERNEL_TOTAL; i++) {
        if (name != NULL && strcmp(name, all_kernels[i]->name) != 0)
            continue;
        if (all_kernels[i]->supported())
            return all_kernels[i];
    }
    return NULL;
}
