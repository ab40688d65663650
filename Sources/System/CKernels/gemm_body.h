// Matrix products with a panel of B, for one instruction set. Included by bodies of each_isa.h.

// C[MR][NV·LANES] (+)= A[MR][k] · B[k][NV·LANES], the tile of C in registers.
#define CK_TILE(MR, NV)                                                                         \
  static void FN(tile_##MR##_##NV)(                                                             \
      size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c, size_t ldc,   \
      int accumulate) {                                                                         \
    V sum[MR][NV];                                                                              \
    UNROLL for (int i = 0; i < MR; i++) {                                                       \
      UNROLL for (int j = 0; j < NV; j++)                                                       \
          sum[i][j] = accumulate ? FN(load)(c + i * ldc + j * LANES) : (V){};                   \
    }                                                                                           \
    for (size_t p = 0; p < k; p++) {                                                            \
      V y[NV];                                                                                  \
      UNROLL for (int j = 0; j < NV; j++) y[j] = FN(load)(b + p * ldb + j * LANES);             \
      UNROLL for (int i = 0; i < MR; i++) {                                                     \
        float x = a[i * lda + p];                                                               \
        UNROLL for (int j = 0; j < NV; j++) sum[i][j] += x * y[j];                              \
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
#if ROWS > 6
CK_TILES(7)
CK_TILES(8)
CK_TILES(9)
CK_TILES(10)
CK_TILES(11)
CK_TILES(12)
CK_TILES(13)
CK_TILES(14)
#endif

typedef void (*FN(tile))(
    size_t, const float *, size_t, const float *, size_t, float *, size_t, int);

static const FN(tile) FN(tiles)[2][ROWS + 1] = {
#define CK_ENTRIES(NV)                                                                       \
  0, FN(tile_1_##NV), FN(tile_2_##NV), FN(tile_3_##NV), FN(tile_4_##NV), FN(tile_5_##NV), \
      FN(tile_6_##NV)
#if ROWS > 6
#define CK_MORE_ENTRIES(NV)                                                                    \
  , FN(tile_7_##NV), FN(tile_8_##NV), FN(tile_9_##NV), FN(tile_10_##NV), FN(tile_11_##NV), \
      FN(tile_12_##NV), FN(tile_13_##NV), FN(tile_14_##NV)
#else
#define CK_MORE_ENTRIES(NV)
#endif
    {CK_ENTRIES(1) CK_MORE_ENTRIES(1)},
    {CK_ENTRIES(2) CK_MORE_ENTRIES(2)},
};

// C[m][n] (+)= A[m][k] · B[k][n], n a multiple of LANES. The rows are spread evenly over tiles, so
// that none is left with only a few.
static void FN(panel_product)(
    size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb, float *c,
    size_t ldc, int accumulate) {
  size_t blocks = (m + ROWS - 1) / ROWS;
  for (size_t block = 0, row = 0; block < blocks; block++) {
    size_t rows = m / blocks + (block < m % blocks);
    for (size_t column = 0; column < n; column += 2 * LANES) {
      FN(tiles)[n - column > LANES][rows](
          k, a + row * lda, lda, b + column, ldb, c + row * ldc + column, ldc, accumulate);
    }
    row += rows;
  }
}

#undef CK_TILE
#undef CK_TILES
#undef CK_ENTRIES
#undef CK_MORE_ENTRIES
