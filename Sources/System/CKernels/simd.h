// The vector type of one instruction set and its transposition. A body of each_isa.h: no guard.

typedef float V __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

ALWAYS_INLINE V FN(load)(const float *p) { return *(const V *)p; }
ALWAYS_INLINE void FN(store)(float *p, V v) { *(V *)p = v; }

// LANES stored numbers as floats: what ck_number does, all at once.
ALWAYS_INLINE V FN(load_stored)(ck_format format, const void *p) {
  typedef unsigned short VS __attribute__((vector_size(2 * LANES), aligned(1), may_alias));
  typedef unsigned int VU __attribute__((vector_size(4 * LANES)));
  typedef int VI __attribute__((vector_size(4 * LANES)));
  if (format == CK_FLOAT32) return FN(load)(p);
  VU bits = __builtin_convertvector(*(const VS *)p, VU);
  if (format == CK_BFLOAT16) return (V)(bits << 16);
#if LANES > 4
  // Every processor with AVX2 has an instruction for it.
  typedef _Float16 VH __attribute__((vector_size(2 * LANES), aligned(1), may_alias));
  return __builtin_convertvector(*(const VH *)p, V);
#else
  VU sign = (bits & 0x8000) << 16, magnitude = (bits & 0x7fff) << 13;
  VU finite = (VU)((V)magnitude * 0x1p112f);
  VU special = (VU)((VI)magnitude > 0x0f7fffff);
  return (V)((special & (magnitude | 0x7f800000)) | (~special & finite) | sign);
#endif
}

// The first `count` < LANES lanes, the others 0. Where the vector ends before `end` all of it is read;
// elsewhere steps of fixed size cost less than a call.
ALWAYS_INLINE V FN(load_few)(const float *p, size_t count, const float *end) {
  typedef int VI __attribute__((vector_size(4 * LANES), aligned(4)));
  static const int mask[2 * LANES] = {
      -1, -1, -1, -1,
#if LANES > 4
      -1, -1, -1, -1,
#endif
#if LANES > 8
      -1, -1, -1, -1, -1, -1, -1, -1,
#endif
  };
  if (p + LANES <= end) return (V)((VI)FN(load)(p) & *(const VI *)(mask + LANES - count));
  float lanes[LANES] = {0};
  size_t i = 0;
  UNROLL for (size_t step = LANES / 2; step > 0; step /= 2) {
    if (!(count & step)) continue;
    memcpy(lanes + i, p + i, step * sizeof(float));
    i += step;
  }
  return FN(load)(lanes);
}

ALWAYS_INLINE void FN(store_few)(float *p, V v, size_t count) {
  float lanes[LANES];
  FN(store)(lanes, v);
  size_t i = 0;
  UNROLL for (size_t step = LANES / 2; step > 0; step /= 2) {
    if (!(count & step)) continue;
    memcpy(p + i, lanes + i, step * sizeof(float));
    i += step;
  }
}

// Swaps the blocks of `step` lanes that lie on opposite sides of the diagonal of rows i, i + step.
#if LANES == 16
#define CK_SWAP(a, b, step)                                                                        \
  (step == 8   ? __builtin_shufflevector(                                                          \
                   a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)                   \
   : step == 4 ? __builtin_shufflevector(                                                          \
                   a, b, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)                 \
   : step == 2 ? __builtin_shufflevector(                                                          \
                   a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)                 \
               : __builtin_shufflevector(                                                          \
                   a, b, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30))
#define CK_SWAP_BACK(a, b, step)                                                                   \
  (step == 8   ? __builtin_shufflevector(                                                          \
                   a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)             \
   : step == 4 ? __builtin_shufflevector(                                                          \
                   a, b, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)               \
   : step == 2 ? __builtin_shufflevector(                                                          \
                   a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)               \
               : __builtin_shufflevector(                                                          \
                   a, b, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#elif LANES == 8
#define CK_SWAP(a, b, step)                                                       \
  (step == 4   ? __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)          \
   : step == 2 ? __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)          \
               : __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14))
#define CK_SWAP_BACK(a, b, step)                                                  \
  (step == 4   ? __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)        \
   : step == 2 ? __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)        \
               : __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15))
#else
#define CK_SWAP(a, b, step)                                   \
  (step == 2 ? __builtin_shufflevector(a, b, 0, 1, 4, 5)      \
             : __builtin_shufflevector(a, b, 0, 4, 2, 6))
#define CK_SWAP_BACK(a, b, step)                              \
  (step == 2 ? __builtin_shufflevector(a, b, 2, 3, 6, 7)      \
             : __builtin_shufflevector(a, b, 1, 5, 3, 7))
#endif

// One square of LANES × LANES of numbers in that format.
ALWAYS_INLINE void FN(square_as)(
    ck_format format, const void *x, size_t x_stride, float *out, size_t out_stride) {
  V row[LANES];
  UNROLL for (int i = 0; i < LANES; i++)
      row[i] = FN(load_stored)(format, ck_number_at(format, x, (size_t)i * x_stride));
  UNROLL for (int step = LANES / 2; step > 0; step /= 2) {
    UNROLL for (int i = 0; i < LANES; i++) {
      if (i & step) continue;
      V a = row[i], b = row[i + step];
      row[i] = CK_SWAP(a, b, step);
      row[i + step] = CK_SWAP_BACK(a, b, step);
    }
  }
  UNROLL for (int i = 0; i < LANES; i++) FN(store)(out + (size_t)i * out_stride, row[i]);
}

ALWAYS_INLINE void FN(transpose_square)(
    const float *x, size_t x_stride, float *out, size_t out_stride) {
  FN(square_as)(CK_FLOAT32, x, x_stride, out, out_stride);
}

// out[c][r] = x[r][c]. The rows of the next squares are asked for meanwhile.
ALWAYS_INLINE void FN(transpose_as)(
    ck_format format, const void *x, size_t x_stride, float *out, size_t out_stride, size_t rows,
    size_t columns) {
  size_t whole_rows = rows / LANES * LANES, whole_columns = columns / LANES * LANES;
  for (size_t r = 0; r < whole_rows; r += LANES) {
    for (size_t c = 0; c < whole_columns; c += LANES) {
      for (size_t i = 0; i < LANES; i++)
        __builtin_prefetch(ck_number_at(format, x, (r + LANES + i) * x_stride + c), 0, 2);
      FN(square_as)(
          format, ck_number_at(format, x, r * x_stride + c), x_stride, out + c * out_stride + r,
          out_stride);
    }
    for (size_t c = whole_columns; c < columns; c++)
      for (size_t i = r; i < r + LANES; i++)
        out[c * out_stride + i] = ck_number(format, x, i * x_stride + c);
  }
  for (size_t r = whole_rows; r < rows; r++)
    for (size_t c = 0; c < columns; c++)
      out[c * out_stride + r] = ck_number(format, x, r * x_stride + c);
}

static inline void FN(transpose)(
    const float *x, size_t x_stride, float *out, size_t out_stride, size_t rows, size_t columns) {
  FN(transpose_as)(CK_FLOAT32, x, x_stride, out, out_stride, rows, columns);
}

// The same of stored numbers.
static inline void FN(transpose_stored)(
    ck_numbers x, size_t x_stride, float *out, size_t out_stride, size_t rows, size_t columns) {
  if (x.format == CK_FLOAT16)
    FN(transpose_as)(CK_FLOAT16, x.base, x_stride, out, out_stride, rows, columns);
  else if (x.format == CK_BFLOAT16)
    FN(transpose_as)(CK_BFLOAT16, x.base, x_stride, out, out_stride, rows, columns);
  else
    FN(transpose)(x.base, x_stride, out, out_stride, rows, columns);
}

#undef CK_SWAP
#undef CK_SWAP_BACK
