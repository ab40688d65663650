// The instruction set for the kernels that come in one variant for each.

#ifndef CKERNELS_ISA_H
#define CKERNELS_ISA_H

#if defined(__x86_64__) && defined(__linux__)
#define CK_HAS_VARIANTS 1
#else
#define CK_HAS_VARIANTS 0
#endif

typedef enum {
  CK_ISA_PLAIN,
  CK_ISA_AVX2,
  CK_ISA_AVX512,
  CK_ISA_AVX512_BF16,  // and products of pairs of bfloat16 numbers
} ck_isa_level;

/// The best level that the processor has, but no higher than the limit.
ck_isa_level ck_isa(void);
/// Limits the level of the calling thread's kernels, so that tests reach every variant while others
/// compute beside them.
void ck_limit_isa(ck_isa_level limit);
/// The calling thread's limit.
ck_isa_level ck_isa_limit(void);

#endif
