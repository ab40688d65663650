// Includes the file CK_BODY once for each instruction set, for kernels whose shape depends on it.
//
// The body writes vectors as V (LANES floats; GCC vector extensions, no intrinsics), names its
// functions FN(name) and may ask for ROWS, the rows of a register tile of two vectors each. After
// it, CK_PICK(name) is the variant for the processor at hand. With CK_PAIRS there is one more variant
// for processors that multiply pairs of bfloat16 numbers.

#include "include/isa.h"
#include "stored.h"

#define CK_JOIN_(a, b) a##_##b
#define CK_JOIN(a, b) CK_JOIN_(a, b)
#define FN(name) CK_JOIN(name, ISA)
#define V FN(ck_vector)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

#if CK_HAS_VARIANTS

#ifdef CK_PAIRS
#define ISA avx512_bf16
#define LANES 16
#define ROWS 14
#define MULTIPLIES_PAIRS
#pragma clang attribute push(__attribute__((target("avx512f,avx512bf16"))), apply_to = function)
#include CK_BODY
#pragma clang attribute pop
#undef ISA
#undef LANES
#undef ROWS
#undef MULTIPLIES_PAIRS
#endif

#define ISA avx512
#define LANES 16
#define ROWS 14
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#include CK_BODY
#pragma clang attribute pop
#undef ISA
#undef LANES
#undef ROWS

#define ISA avx2
#define LANES 8
#define ROWS 6
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include CK_BODY
#pragma clang attribute pop
#undef ISA
#undef LANES
#undef ROWS

#endif

#define ISA plain
#define LANES 4
#define ROWS 6
#include CK_BODY

#if CK_HAS_VARIANTS
#ifdef CK_PAIRS
#define CK_BEST(name) ck_isa() == CK_ISA_AVX512_BF16 ? CK_JOIN(name, avx512_bf16) :
#else
#define CK_BEST(name)
#endif
#define CK_PICK(name)                                              \
  (CK_BEST(name) ck_isa() >= CK_ISA_AVX512 ? CK_JOIN(name, avx512) \
                 : ck_isa() == CK_ISA_AVX2 ? CK_JOIN(name, avx2)   \
                                           : CK_JOIN(name, plain))
#else
#define CK_PICK(name) CK_JOIN(name, plain)
#endif
