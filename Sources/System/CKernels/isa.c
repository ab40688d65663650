#include "include/isa.h"

static _Thread_local ck_isa_level ck_limit = CK_ISA_AVX512_BF16;

void ck_limit_isa(ck_isa_level limit) { ck_limit = limit; }

ck_isa_level ck_isa_limit(void) { return ck_limit; }

ck_isa_level ck_isa(void) {
  ck_isa_level level = CK_ISA_PLAIN;
#if CK_HAS_VARIANTS
  if (__builtin_cpu_supports("avx512bf16")) {
    level = CK_ISA_AVX512_BF16;
  } else if (__builtin_cpu_supports("avx512f")) {
    level = CK_ISA_AVX512;
  } else if (
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("f16c")) {
    level = CK_ISA_AVX2;
  }
#endif
  return level < ck_limit ? level : ck_limit;
}
