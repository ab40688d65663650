#include "include/gradients.h"

#include "dispatch.h"
#include "vectormath.h"
#include "wide_rows.h"

// Φ(x) + x·φ(x), the slope of GELU.
CK_INLINE float ck_gelu_slope(float x) {
  float cumulative, density;
  ck_normal(x, &cumulative, &density);
  return cumulative + x * density;
}

// σ(x)·(1 + x·(1 − σ(x))), the slope of SiLU.
CK_INLINE float ck_silu_slope(float x) {
  float s = ck_sigmoidf(x);
  return s * (1.0f + x * (1.0f - s));
}

CK_DISPATCH
void ck_silu_gradient(const float *x, const float *dy, float *dx, size_t n) {
  for (size_t i = 0; i < n; i++) dx[i] = dy[i] * ck_silu_slope(x[i]);
}

CK_DISPATCH
void ck_quick_gelu_gradient(const float *x, const float *dy, float *dx, size_t n) {
  for (size_t i = 0; i < n; i++) dx[i] = dy[i] * ck_silu_slope(1.702f * x[i]);
}

CK_DISPATCH
void ck_gelu_gradient(const float *x, const float *dy, float *dx, size_t n) {
  for (size_t i = 0; i < n; i++) dx[i] = dy[i] * ck_gelu_slope(x[i]);
}

CK_DISPATCH
void ck_geglu_gradient(
    const float *restrict x, const float *restrict dy, float *restrict dx, size_t rows,
    size_t width) {
  for (size_t row = 0; row < rows; row++) {
    const float *value = x + row * 2 * width, *gate = value + width, *from = dy + row * width;
    float *to_value = dx + row * 2 * width, *to_gate = to_value + width;
    for (size_t i = 0; i < width; i++) {
      float g = gate[i], cumulative, density;
      ck_normal(g, &cumulative, &density);
      to_gate[i] = from[i] * value[i] * (cumulative + g * density);
      to_value[i] = from[i] * g * cumulative;
    }
  }
}

CK_DISPATCH
void ck_leaky_relu_gradient(const float *x, const float *dy, float slope, float *dx, size_t n) {
  for (size_t i = 0; i < n; i++) dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
}

CK_DISPATCH
void ck_softmax_gradient(
    const float *p, const float *dy, float scale, float *dx, size_t rows, size_t width) {
  CK_REASSOCIATE
  for (size_t row = 0; row < rows; row++, p += width, dy += width, dx += width) {
    float sum = 0;
    for (size_t i = 0; i < width; i++) sum += p[i] * dy[i];
    for (size_t i = 0; i < width; i++) dx[i] = scale * p[i] * (dy[i] - sum);
  }
}

CK_INLINE void ck_add_rows(
    const float *restrict x, float *restrict sums, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++)
    for (size_t c = 0; c < width; c++) sums[c] += x[row * width + c];
}

CK_DISPATCH
void ck_add_columns(const float *x, float *restrict sums, size_t rows, size_t channels) {
  size_t together = ck_rows_together(channels), wide_rows = rows / together;
  if (together > 1) {
    float wide[WIDE] = {0};
    ck_add_rows(x, wide, wide_rows, together * channels);
    ck_fold(wide, channels, together, sums);
    x += wide_rows * together * channels;
    rows -= wide_rows * together;
  }
  ck_add_rows(x, sums, rows, channels);
}

CK_INLINE void ck_scale_rows_gradient(
    const float *restrict x, const float *restrict scale, const float *restrict shift,
    const float *restrict pivot, const float *restrict dy, float *restrict dz,
    float *restrict sums, float *restrict products, size_t rows, size_t width, int silu) {
  for (size_t row = 0; row < rows; row++) {
    const float *restrict from = x + row * width, *restrict back = dy + row * width;
    float *restrict to = dz + row * width;
    if (silu) {
      for (size_t c = 0; c < width; c++) {
        float z = back[c] * ck_silu_slope(from[c] * scale[c] + shift[c]);
        to[c] = z;
        sums[c] += z;
        products[c] += z * (from[c] - pivot[c]);
      }
    } else {
      for (size_t c = 0; c < width; c++) {
        float z = back[c];
        to[c] = z;
        sums[c] += z;
        products[c] += z * (from[c] - pivot[c]);
      }
    }
  }
}

CK_DISPATCH
void ck_scale_columns_gradient(
    const float *restrict x, const float *restrict scale, const float *restrict shift,
    const float *restrict pivot, const float *restrict dy, float *restrict dz,
    float *restrict sums, size_t rows, size_t channels, int silu) {
  size_t together = ck_rows_together(channels), wide_rows = rows / together;
  memset(sums, 0, 2 * channels * sizeof(float));
  if (together > 1) {
    float wide[3][WIDE], wide_sums[WIDE] = {0}, wide_products[WIDE] = {0};
    ck_scale_rows_gradient(
        x, ck_repeated(scale, channels, together, wide[0]),
        ck_repeated(shift, channels, together, wide[1]),
        ck_repeated(pivot, channels, together, wide[2]), dy, dz, wide_sums, wide_products,
        wide_rows, together * channels, silu);
    ck_fold(wide_sums, channels, together, sums);
    ck_fold(wide_products, channels, together, sums + channels);
    size_t done = wide_rows * together;
    x += done * channels;
    dy += done * channels;
    dz += done * channels;
    rows -= done;
  }
  ck_scale_rows_gradient(
      x, scale, shift, pivot, dy, dz, sums, sums + channels, rows, channels, silu);
}

CK_INLINE void ck_combine_rows(
    const float *restrict x, const float *restrict a, const float *restrict b,
    const float *restrict d, float *restrict dz, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++) {
    const float *restrict from = x + row * width;
    float *restrict to = dz + row * width;
    for (size_t c = 0; c < width; c++) to[c] = to[c] * a[c] + from[c] * b[c] + d[c];
  }
}

CK_DISPATCH
void ck_combine_columns(
    const float *restrict x, const float *restrict a, const float *restrict b,
    const float *restrict d, float *restrict dz, size_t rows, size_t channels) {
  size_t together = ck_rows_together(channels), wide_rows = rows / together;
  size_t done = wide_rows * together * channels;
  float wide[3][WIDE];
  ck_combine_rows(
      x, ck_repeated(a, channels, together, wide[0]), ck_repeated(b, channels, together, wide[1]),
      ck_repeated(d, channels, together, wide[2]), dz, wide_rows, together * channels);
  ck_combine_rows(x + done, a, b, d, dz + done, rows - wide_rows * together, channels);
}

CK_DISPATCH
void ck_layer_norm_gradient(
    const float *restrict x, const float *restrict weight, float epsilon,
    const float *restrict dy, float *restrict dx, float *restrict weight_sums,
    float *restrict bias_sums, size_t rows, size_t width) {
  CK_REASSOCIATE
  float n = (float)width;
  for (size_t row = 0; row < rows; row++, x += width, dy += width, dx += width) {
    float sum = 0, squares = 0, mean_dx = 0, mean_product = 0;
    for (size_t i = 0; i < width; i++) sum += x[i];
    float mean = sum / n;
    for (size_t i = 0; i < width; i++) squares += (x[i] - mean) * (x[i] - mean);
    float scale = 1.0f / ck_sqrtf(squares / n + epsilon);
    for (size_t i = 0; i < width; i++) {
      float normalized = (x[i] - mean) * scale, g = dy[i] * weight[i];
      mean_dx += g;
      mean_product += g * normalized;
      weight_sums[i] += dy[i] * normalized;
      bias_sums[i] += dy[i];
    }
    mean_dx /= n;
    mean_product /= n;
    for (size_t i = 0; i < width; i++) {
      float normalized = (x[i] - mean) * scale;
      dx[i] = scale * (dy[i] * weight[i] - mean_dx - normalized * mean_product);
    }
  }
}
