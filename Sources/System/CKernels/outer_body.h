// Sums of outer products, Aᵀ·B, for one instruction set. Included by bodies of each_isa.h.
//
// What gradients of weights are: rows of A are gradients of outputs, rows of B the inputs they
// belong to.

// C[MR][NV·LANES] (+)= Σ_p A[p][MR]ᵀ · B[p][NV·LANES], the tile of C in registers.
#define CK_OUTER(MR, NV)                                                                        \
  static void FN(outer_##MR##_##NV)(                                                            \
      size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc,   \
      int adding) {                                                                             \
    V sum[MR][NV];                                                                              \
    UNROLL for (int i = 0; i < MR; i++) {                                                       \
      UNROLL for (int j = 0; j < NV; j++)                                                       \
          sum[i][j] = adding ? FN(load)(c + i * ldc + j * LANES) : (V){};                       \
    }                                                                                           \
    for (size_t p = 0; p < k; p++) {                                                            \
      V y[NV];                                                                                  \
      UNROLL for (int j = 0; j < NV; j++) y[j] = FN(load)(b + p * ldb + j * LANES);             \
      UNROLL for (int i = 0; i < MR; i++) {                                                     \
        float x = a[p * lda + i];                                                               \
        UNROLL for (int j = 0; j < NV; j++) sum[i][j] += x * y[j];                              \
      }                                                                                         \
    }                                                                                           \
    UNROLL for (int i = 0; i < MR; i++) {                                                       \
      UNROLL for (int j = 0; j < NV; j++) FN(store)(c + i * ldc + j * LANES, sum[i][j]);        \
    }                                                                                           \
  }

#define CK_OUTERS(MR) CK_OUTER(MR, 1) CK_OUTER(MR, 2)
CK_OUTERS(1)
CK_OUTERS(2)
CK_OUTERS(3)
CK_OUTERS(4)
CK_OUTERS(5)
CK_OUTERS(6)
#if ROWS > 6
CK_OUTERS(7)
CK_OUTERS(8)
CK_OUTERS(9)
CK_OUTERS(10)
CK_OUTERS(11)
CK_OUTERS(12)
CK_OUTERS(13)
CK_OUTERS(14)
#endif

typedef void (*FN(outer))(
    size_t, const float *, size_t, const float *, size_t, float *, size_t, int);

// The tiles by vectors across and rows.
#define CK_O(MR, NV) FN(outer_##MR##_##NV)
#define CK_FEW(NV) 0, CK_O(1, NV), CK_O(2, NV), CK_O(3, NV), CK_O(4, NV), CK_O(5, NV), CK_O(6, NV)
#if ROWS > 6
#define CK_MORE(NV) CK_O(7, NV), CK_O(8, NV), CK_O(9, NV), CK_O(10, NV)
#define CK_MOST(NV) CK_O(11, NV), CK_O(12, NV), CK_O(13, NV), CK_O(14, NV)
static const FN(outer) FN(outers)[2][15] = {
    {CK_FEW(1), CK_MORE(1), CK_MOST(1)}, {CK_FEW(2), CK_MORE(2), CK_MOST(2)}};
#undef CK_MORE
#undef CK_MOST
#else
static const FN(outer) FN(outers)[2][7] = {{CK_FEW(1)}, {CK_FEW(2)}};
#endif
#undef CK_O
#undef CK_FEW

// C[m][n] = A[k][m]ᵀ · B[k][n], or that added to C; n a multiple of LANES. A sum runs through p in
// order, so that it is the same however m and n are cut up.
static void FN(outer_product)(
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
    size_t ldc, int adding) {
  size_t blocks = (m + ROWS - 1) / ROWS;
  for (size_t left = n / LANES; left > 0;) {
    size_t across = left > 1 ? 2 : 1;
    for (size_t block = 0, row = 0; block < blocks; block++) {
      size_t rows = m / blocks + (block < m % blocks);
      FN(outers)[across - 1][rows](k, a + row, lda, b, ldb, c + row * ldc, ldc, adding);
      row += rows;
    }
    left -= across;
    b += across * LANES;
    c += across * LANES;
  }
}

#undef CK_OUTER
#undef CK_OUTERS
