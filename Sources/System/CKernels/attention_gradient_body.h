// The gradient of attention for one instruction set: see include/attention_gradient.h.

#include "simd.h"

#include "gemm_body.h"

#include "outer_body.h"

#include "softmax_body.h"

// One row of P and of dS from e^(scale·(s − max)), whose sum is given, and dP, in place. Zeros beyond
// the `count` keys that the query sees.
static void FN(score_gradient)(
    float *restrict p, float *restrict dp, size_t count, size_t keys, float sum, float scale) {
  V products = {};
  size_t whole = count / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES) products += FN(load)(p + i) * FN(load)(dp + i);
  float mean = FN(total)(products);
  for (size_t i = whole; i < count; i++) mean += p[i] * dp[i];
  float factor = 1.0f / sum;
  mean *= factor;
  for (size_t i = 0; i < whole; i += LANES) {
    V weight = factor * FN(load)(p + i);
    FN(store)(p + i, weight);
    FN(store)(dp + i, scale * weight * (FN(load)(dp + i) - mean));
  }
  for (size_t i = whole; i < count; i++) {
    p[i] *= factor;
    dp[i] = scale * p[i] * (dp[i] - mean);
  }
  for (size_t i = count; i < keys; i++) dp[i] = 0;
}

// Rows of a head next to one another, [count][width], zeros beyond the last feature.
static void FN(gather_rows)(
    const ck_attention *a, const float *rows, size_t count, size_t width, float *to) {
  size_t d = a->features, whole = d / LANES * LANES;
  for (size_t i = 0; i < count; i++, rows += a->stride, to += width) {
    for (size_t c = 0; c < whole; c += LANES) FN(store)(to + c, FN(load)(rows + c));
    for (size_t c = whole; c < width; c++) to[c] = c < d ? rows[c] : 0;
  }
}

// And back, without what fills them up.
static void FN(scatter_rows)(
    const ck_attention *a, const float *rows, size_t count, size_t width, float *to) {
  size_t d = a->features, whole = d / LANES * LANES;
  for (size_t i = 0; i < count; i++, rows += width, to += a->stride) {
    for (size_t c = 0; c < whole; c += LANES) FN(store)(to + c, FN(load)(rows + c));
    for (size_t c = whole; c < d; c++) to[c] = rows[c];
  }
}

static void FN(attention_gradient)(
    const ck_attention *a, const float *q, const float *k, const float *v, const float *dy,
    float *scratch, float *dq, float *dk, float *dv) {
  size_t d = a->features, width = ck_up(d, FEATURE_STEP), stride = ck_score_stride(a->keys);
  size_t block = ck_gradient_block(a), panels = ck_up(a->keys, KEY_PANEL) * d;
  float *packed_k = scratch, *packed_v = packed_k + panels, *rows_of_k = packed_v + panels;
  // What flows back to keys and values, each in a column of its own: heads have few features.
  float *sums_k = rows_of_k + a->keys * width, *sums_v = sums_k + d * stride;
  float *results = sums_v + d * stride, *p = results + block * width, *dp = p + block * stride;
  ck_pack_panels(a, k, packed_k);
  ck_pack_panels(a, v, packed_v);
  FN(gather_rows)(a, k, a->keys, width, rows_of_k);
  memset(sums_k, 0, 2 * d * stride * sizeof(float));
  for (size_t first = 0; first < a->queries; first += block) {
    size_t rows = a->queries - first < block ? a->queries - first : block;
    size_t keys = a->causal ? first + rows : a->keys, across = ck_up(keys, LANES);
    const float *queries = q + first * a->stride, *back = dy + first * a->stride;
    for (size_t key = 0; key < keys; key += KEY_PANEL) {
      size_t present = keys - key < KEY_PANEL ? ck_up(keys - key, LANES) : KEY_PANEL;
      FN(panel_product)(
          rows, present, d, queries, a->stride, packed_k + key * d, KEY_PANEL, p + key, stride, 0, 0);
      FN(panel_product)(
          rows, present, d, back, a->stride, packed_v + key * d, KEY_PANEL, dp + key, stride, 0, 0);
    }
    for (size_t i = 0; i < rows; i++) {
      size_t visible = a->causal ? first + i + 1 : keys;
      float sum = FN(exponentials)(
          p + i * stride, visible, keys, a->scale, FN(highest)(p + i * stride, visible));
      FN(score_gradient)(p + i * stride, dp + i * stride, visible, keys, sum, a->scale);
    }
    FN(outer_product)(d, across, rows, back, a->stride, p, stride, sums_v, stride, 1);
    FN(outer_product)(d, across, rows, queries, a->stride, dp, stride, sums_k, stride, 1);
    FN(panel_product)(
        rows, width, keys, dp, stride, rows_of_k, width, results, width, 0, 0);
    FN(scatter_rows)(a, results, rows, width, dq + first * a->stride);
  }
  FN(transpose)(sums_k, stride, dk, a->stride, d, a->keys);
  FN(transpose)(sums_v, stride, dv, a->stride, d, a->keys);
}
