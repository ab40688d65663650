// Attention of one head for one instruction set: see include/attention.h.

#include "simd.h"

#include "gemm_body.h"

#include "softmax_body.h"

static void FN(attention_rows)(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out) {
  enum { STEP = 128 };  // keys in one step of the second product: their values stay in L1
  size_t rows = last - first, stride = ck_score_stride(a), d = a->features;
  size_t width = ck_up(d, FEATURE_STEP), block = ck_attention_block(a);
  size_t keys = a->causal ? last : a->keys;
  const float *values = packed + ck_up(a->keys, KEY_PANEL) * d;
  float *scores = scratch, *queries = scores + block * stride, *results = queries + block * d;
  float *sums = results + block * width;
  for (size_t i = 0; i < rows; i++)
    memcpy(queries + i * d, q + (first + i) * a->stride, d * sizeof(float));
  for (size_t key = 0; key < keys; key += KEY_PANEL) {
    size_t present = keys - key < KEY_PANEL ? ck_up(keys - key, LANES) : KEY_PANEL;
    FN(panel_product)(
        rows, present, d, queries, d, packed + key * d, KEY_PANEL, scores + key, stride, 0, 0);
  }
  for (size_t i = 0; i < rows; i++) {
    size_t visible = a->causal ? first + i + 1 : keys;
    sums[i] = FN(exponentials)(scores + i * stride, visible, keys, a->scale);
  }
  for (size_t key = 0; key < keys; key += STEP) {
    size_t present = keys - key < STEP ? keys - key : STEP;
    FN(panel_product)(
        rows, width, present, scores + key, stride, values + key * width, width, results, width,
        key > 0 ? results : 0, width);
  }
  for (size_t i = 0; i < rows; i++) {
    float factor = 1.0f / sums[i];
    float *to = out + (first + i) * a->stride;
    for (size_t c = 0; c < d; c++) to[c] = factor * results[i * width + c];
  }
}
