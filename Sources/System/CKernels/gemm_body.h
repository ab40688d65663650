// Matrix products with a panel of B, for one instruction set. Included by bodies of each_isa.h.
//
// With CK_PAIRS each number of A and of B is a pair of bfloat16 numbers of neighbouring k, and k counts
// the pairs: see pairs.h.

#ifdef CK_PAIRS
#define CK_MULTIPLY_ADD(sum, x, y) FN(add_pairs)(sum, (V){} + x, y)
#else
#define CK_MULTIPLY_ADD(sum, x, y) ((sum) + (x) * (y))
#endif

// C[MR][NV·LANES] = start + A[MR][k] · B[k][NV·LANES], the tile of C in registers. `start` is null
// for zero, or its rows are `lds` floats apart: C itself, or with 0 one row for all. Rows of C that lie far
// apart are seldom in the cache: they are asked for before the sums begin.
#define CK_TILE(MR, NV)                                                                         \
  static void FN(tile_##MR##_##NV)(                                                             \
      size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc,   \
      const float *start, size_t lds) {                                                         \
    V sum[MR][NV];                                                                              \
    if (ldc > 64) {                                                                             \
      UNROLL for (int i = 0; i < MR; i++) {                                                     \
        UNROLL for (int j = 0; j < NV; j++) __builtin_prefetch(c + i * ldc + j * LANES, 1);     \
      }                                                                                         \
    }                                                                                           \
    UNROLL for (int i = 0; i < MR; i++) {                                                       \
      UNROLL for (int j = 0; j < NV; j++)                                                       \
          sum[i][j] = start ? FN(load)(start + i * lds + j * LANES) : (V){};                    \
    }                                                                                           \
    for (size_t p = 0; p < k; p++) {                                                            \
      V y[NV];                                                                                  \
      UNROLL for (int j = 0; j < NV; j++) y[j] = FN(load)(b + p * ldb + j * LANES);             \
      UNROLL for (int i = 0; i < MR; i++) {                                                     \
        float x = a[i * lda + p];                                                               \
        UNROLL for (int j = 0; j < NV; j++) sum[i][j] = CK_MULTIPLY_ADD(sum[i][j], x, y[j]);    \
      }                                                                                         \
    }                                                                                           \
    UNROLL for (int i = 0; i < MR; i++) {                                                       \
      UNROLL for (int j = 0; j < NV; j++) FN(store)(c + i * ldc + j * LANES, sum[i][j]);        \
    }                                                                                           \
  }

#define CK_TILES(MR) CK_TILE(MR, 1) CK_TILE(MR, 2)
CK_TILES(1)
CK_TILES(2)
CK_TILES(3)
CK_TILES(4)
CK_TILES(5)
CK_TILES(6)
CK_TILE(1, 3)
CK_TILE(2, 3)
CK_TILE(3, 3)
CK_TILE(4, 3)
#if ROWS > 6
CK_TILES(7)
CK_TILES(8)
CK_TILES(9)
CK_TILES(10)
CK_TILES(11)
CK_TILES(12)
CK_TILES(13)
CK_TILES(14)
CK_TILE(5, 3)
CK_TILE(6, 3)
CK_TILE(7, 3)
CK_TILE(8, 3)
CK_TILE(9, 3)
#endif

typedef void (*FN(tile))(
    size_t, const float *, size_t, const float *, size_t, float *, size_t, const float *, size_t);

// The tiles by vectors across and rows, and how many rows fit the registers.
#define CK_T(MR, NV) FN(tile_##MR##_##NV)
#define CK_FEW(NV) 0, CK_T(1, NV), CK_T(2, NV), CK_T(3, NV), CK_T(4, NV)
#if ROWS > 6
#define CK_SOME(NV) CK_T(5, NV), CK_T(6, NV), CK_T(7, NV), CK_T(8, NV), CK_T(9, NV)
#define CK_MANY(NV) CK_T(10, NV), CK_T(11, NV), CK_T(12, NV), CK_T(13, NV), CK_T(14, NV)
static const FN(tile) FN(tiles)[4][15] = {
    {0},
    {CK_FEW(1), CK_SOME(1), CK_MANY(1)},
    {CK_FEW(2), CK_SOME(2), CK_MANY(2)},
    {CK_FEW(3), CK_SOME(3)},
};
static const size_t FN(tile_rows)[4] = {0, 14, 14, 9};
#undef CK_SOME
#undef CK_MANY
#else
static const FN(tile) FN(tiles)[4][7] = {
    {0},
    {CK_FEW(1), CK_T(5, 1), CK_T(6, 1)},
    {CK_FEW(2), CK_T(5, 2), CK_T(6, 2)},
    {CK_FEW(3)},
};
static const size_t FN(tile_rows)[4] = {0, 6, 6, 4};
#endif
#undef CK_T
#undef CK_FEW

// C[m][n] = start + A[m][k] · B[k][n], n a multiple of LANES. Two or three vectors of columns at a time;
// the rows are spread evenly over tiles, so that none is left with only a few.
static void FN(panel_product)(
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
    size_t ldc, const float *start, size_t lds) {
  for (size_t left = n / LANES; left > 0;) {
    size_t across = left == 3 ? 3 : left > 1 ? 2 : 1;
    size_t blocks = (m + FN(tile_rows)[across] - 1) / FN(tile_rows)[across];
    for (size_t block = 0, row = 0; block < blocks; block++) {
      size_t rows = m / blocks + (block < m % blocks);
      FN(tiles)[across][rows](
          k, a + row * lda, lda, b, ldb, c + row * ldc, ldc, start ? start + row * lds : 0, lds);
      row += rows;
    }
    left -= across;
    b += across * LANES;
    c += across * LANES;
    if (start) start += across * LANES;
  }
}

// Of this form.
typedef void (*FN(product))(
    size_t, size_t, size_t, const float *, size_t, const float *, size_t, float *, size_t,
    const float *, size_t);

#undef CK_TILE
#undef CK_TILES
#undef CK_MULTIPLY_ADD
