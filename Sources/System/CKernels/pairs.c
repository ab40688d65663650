#include "pairs.h"

#include <string.h>

#define CK_PAIRS
#define CK_BODY "pairs_body.h"
#include "each_isa.h"

void ck_pair_product(
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
    size_t ldc, const float *start, size_t lds) {
  CK_PICK(panel_product)(m, n, k, a, lda, b, ldb, c, ldc, start, lds);
}

void ck_pair_up(const float *x, size_t n, float *pairs) { CK_PICK(pair_up)(x, n, pairs); }
