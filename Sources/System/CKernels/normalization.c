#include "include/normalization.h"

#include "dispatch.h"
#include "vectormath.h"
#include "wide_rows.h"

CK_INLINE void ck_add_moments(
    const float *restrict x, const float *restrict pivot, float *restrict sums,
    float *restrict squares, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++) {
    const float *restrict from = x + row * width;
    for (size_t c = 0; c < width; c++) {
      float d = from[c] - pivot[c];
      sums[c] += d;
      squares[c] += d * d;
    }
  }
}

CK_DISPATCH
void ck_column_sums(
    const float *restrict x, const float *restrict pivot, float *restrict sums, size_t rows,
    size_t channels) {
  size_t together = ck_rows_together(channels), wide_rows = rows / together;
  memset(sums, 0, 2 * channels * sizeof(float));
  if (together > 1) {
    float wide[WIDE], wide_sums[WIDE] = {0}, wide_squares[WIDE] = {0};
    ck_repeated(pivot, channels, together, wide);
    ck_add_moments(x, wide, wide_sums, wide_squares, wide_rows, together * channels);
    ck_fold(wide_sums, channels, together, sums);
    ck_fold(wide_squares, channels, together, sums + channels);
    x += wide_rows * together * channels;
    rows -= wide_rows * together;
  }
  ck_add_moments(x, pivot, sums, sums + channels, rows, channels);
}

CK_INLINE void ck_scale_rows(
    const float *x, const float *restrict scale, const float *restrict shift, float *out,
    size_t rows, size_t width, int silu) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = x + row * width;
    float *to = out + row * width;
    if (silu) {
      for (size_t c = 0; c < width; c++) {
        float y = from[c] * scale[c] + shift[c];
        to[c] = y * ck_sigmoidf(y);
      }
    } else {
      for (size_t c = 0; c < width; c++) to[c] = from[c] * scale[c] + shift[c];
    }
  }
}

CK_DISPATCH
void ck_scale_columns(
    const float *x, const float *restrict scale, const float *restrict shift, float *out,
    size_t rows, size_t channels, int silu) {
  size_t together = ck_rows_together(channels), wide_rows = rows / together;
  float wide_scale[WIDE], wide_shift[WIDE];
  ck_scale_rows(
      x, ck_repeated(scale, channels, together, wide_scale),
      ck_repeated(shift, channels, together, wide_shift), out, wide_rows, together * channels,
      silu);
  size_t done = wide_rows * together;
  ck_scale_rows(
      x + done * channels, scale, shift, out + done * channels, rows - done, channels, silu);
}

CK_DISPATCH
void ck_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, float *out, size_t rows,
    size_t width) {
  CK_REASSOCIATE
  for (size_t row = 0; row < rows; row++) {
    const float *from = x + row * width;
    float *to = out + row * width;
    float sum = 0, squares = 0;
    for (size_t i = 0; i < width; i++) sum += from[i];
    float mean = sum / (float)width;
    for (size_t i = 0; i < width; i++) squares += (from[i] - mean) * (from[i] - mean);
    float scale = 1.0f / ck_sqrtf(squares / (float)width + epsilon);
    for (size_t i = 0; i < width; i++) to[i] = (from[i] - mean) * scale * weight[i] + bias[i];
  }
}
