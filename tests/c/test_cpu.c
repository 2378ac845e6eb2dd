/* What the CPU is asked, and what is made of its answers. */
#include "check.h"
#include "cpu.h"

#ifdef CSM_HAVE_X86_KERNELS
enum {
    OSXSAVE = 1 << 27,
    AVX2_SET = CSM_CPU_BMI1 | CSM_CPU_BMI2 | CSM_CPU_AVX2,
    AVX512_SET = CSM_CPU_AVX512F | CSM_CPU_AVX512DQ | CSM_CPU_AVX512BW | CSM_CPU_AVX512VL
};

/* Registers of CPUs as they are documented: Intel's Haswell and Skylake-SP. */
static const uint32_t haswell_ebx = 0x000027AB, skylake_ebx = 0xD39FFFFB;

static void decodes(void)
{
    CHECK(csm_cpu_decode(OSXSAVE, haswell_ebx, 0x07) == AVX2_SET);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0xE7) == (AVX2_SET | AVX512_SET));
    CHECK(csm_cpu_decode(OSXSAVE, 0, 0xE7) == 0);
    CHECK(csm_cpu_decode(0xFFFFFFFF, 0xFFFFFFFF, UINT64_MAX) == (AVX2_SET | AVX512_SET));
    static const struct {
        unsigned bit, feature;
    } bits[] = {{3, CSM_CPU_BMI1},      {5, CSM_CPU_AVX2},      {8, CSM_CPU_BMI2},
                {16, CSM_CPU_AVX512F},  {17, CSM_CPU_AVX512DQ}, {30, CSM_CPU_AVX512BW},
                {31, CSM_CPU_AVX512VL}};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        CHECK(csm_cpu_decode(OSXSAVE, UINT32_C(1) << bits[i].bit, 0xE7) == bits[i].feature);
}

/* Registers that the system does not save are lost at any moment. */
static void heeds_the_system(void)
{
    unsigned without_state = CSM_CPU_BMI1 | CSM_CPU_BMI2;
    CHECK(csm_cpu_decode(0, skylake_ebx, 0xE7) == without_state);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0x00) == without_state);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0x03) == without_state);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0x05) == without_state);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0x07) == AVX2_SET);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0xC7) == AVX2_SET);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0xA7) == AVX2_SET);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0x67) == AVX2_SET);
    CHECK(csm_cpu_decode(OSXSAVE, skylake_ebx, 0xE0) == without_state);
}

/* On this machine, what the compiler's run-time library finds out by itself. */
static void agrees_with_the_compiler(void)
{
    unsigned features = csm_cpu_features();
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("sse2")) { /* which every x86-64 has */
        printf("skipped: this compiler's run-time library does not know the CPU\n");
        return;
    }
#define AGREES(name, feature)                                                    \
    CHECK((__builtin_cpu_supports(name) != 0) == ((features & (feature)) != 0)); \
    printf("%s: %s\n", name, (features & (feature)) != 0 ? "yes" : "no")
    AGREES("bmi", CSM_CPU_BMI1);
    AGREES("bmi2", CSM_CPU_BMI2);
    AGREES("avx2", CSM_CPU_AVX2);
    AGREES("avx512f", CSM_CPU_AVX512F);
    AGREES("avx512dq", CSM_CPU_AVX512DQ);
    AGREES("avx512bw", CSM_CPU_AVX512BW);
    AGREES("avx512vl", CSM_CPU_AVX512VL);
}

int main(void)
{
    decodes();
    heeds_the_system();
    agrees_with_the_compiler();
    return failures != 0;
}
#else
int main(void)
{
    printf("skipped: not x86-64\n");
    return 0;
}
#endif
