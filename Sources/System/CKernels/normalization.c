#include "include/normalization.h"

#include "dispatch.h"
#include "vectormath.h"

CK_DISPATCH
void ck_column_sums(
    const float *restrict x, const float *restrict pivot, float *restrict sums, size_t rows,
    size_t channels) {
  for (size_t c = 0; c < 2 * channels; c++) sums[c] = 0;
  float *restrict squares = sums + channels;
  for (size_t row = 0; row < rows; row++) {
    const float *restrict from = x + row * channels;
    for (size_t c = 0; c < channels; c++) {
      float d = from[c] - pivot[c];
      sums[c] += d;
      squares[c] += d * d;
    }
  }
}

CK_DISPATCH
void ck_scale_columns(
    const float *x, const float *restrict scale, const float *restrict shift, float *out,
    size_t rows, size_t channels, int silu) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = x + row * channels;
    float *to = out + row * channels;
    if (silu) {
      for (size_t c = 0; c < channels; c++) {
        float y = from[c] * scale[c] + shift[c];
        to[c] = y * ck_sigmoidf(y);
      }
    } else {
      for (size_t c = 0; c < channels; c++) to[c] = from[c] * scale[c] + shift[c];
    }
  }
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
