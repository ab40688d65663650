// Products whose factors are rounded to bfloat16, two at a time: pairs of neighbouring numbers, the first
// in the lower half of 32 bits, take the place of single floats in panels and rows. Sums are floats.
//
// A processor with AVX512_BF16 multiplies two pairs of each lane at once; elsewhere the halves are
// widened and multiplied one after the other, which is slower than floats and is there for tests.

#ifndef CKERNELS_PAIRS_H
#define CKERNELS_PAIRS_H

#include <stddef.h>

static inline size_t ck_pairs_of(size_t n) { return (n + 1) / 2; }

// C[m][n] = start + A[m][2k] · B[2k][n], as FN(panel_product) of gemm_body.h with pairs for floats.
void ck_pair_product(
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
    size_t ldc, const float *start, size_t lds);
// The `n` numbers x as pairs, the last with zero where n is odd; `pairs` may be x.
void ck_pair_up(const float *x, size_t n, float *pairs);

#endif
