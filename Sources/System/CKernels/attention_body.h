// Attention of one head for one instruction set: see include/attention.h.

#include "simd.h"

#include "gemm_body.h"

#include "softmax_body.h"

// What some queries have seen of the keys so far.
typedef struct {
  float *results;   // [rows][width]: values weighed by e^(scale (score - largest))
  float *largest;   // of each row's scores
  float *sums;      // of each row's weights
} FN(seen);

// A row's scores of the keys at hand become weights: all that is there refers to the largest score so
// far, so that no weight is above 1, and where that has grown what was summed before is made smaller.
static void FN(weigh)(
    FN(seen) *s, size_t row, size_t width, float *scores, size_t visible, size_t keys, float scale) {
  if (visible == 0) {
    memset(scores, 0, keys * sizeof(float));
    return;
  }
  float highest = FN(highest)(scores, visible), before = s->largest[row];
  if (highest > before) {
    float *results = s->results + row * width, factor = expf(scale * (before - highest));
    for (size_t c = 0; c < width; c++) results[c] *= factor;
    s->sums[row] *= factor;
    s->largest[row] = before = highest;
  }
  s->sums[row] += FN(exponentials)(scores, visible, keys, scale, before);
}

static void FN(attention_rows)(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out) {
  enum { STEP = 128 };  // keys in one step of the second product: their values stay in L1
  size_t rows = last - first, chunk = ck_key_chunk(a), d = a->features;
  size_t width = ck_up(d, FEATURE_STEP), stride = ck_score_stride(chunk);
  size_t keys = a->causal ? last : a->keys, steps = ck_feature_steps(a);
  int paired = ck_is_paired(a), together = paired ? 2 : 1;
  FN(product) product = paired ? ck_pair_product : FN(panel_product);
  const float *values = packed + ck_up(a->keys, KEY_PANEL) * steps;
  float *scores = scratch, *queries = scores + QUERIES_AT_ONCE * stride;
  FN(seen) s = {.results = queries + QUERIES_AT_ONCE * d};
  s.largest = s.results + QUERIES_AT_ONCE * width;
  s.sums = s.largest + QUERIES_AT_ONCE;
  for (size_t i = 0; i < rows; i++) {
    const float *query = q + (first + i) * a->stride;
    if (paired)
      ck_pair_up(query, d, queries + i * steps);
    else
      memcpy(queries + i * d, query, d * sizeof(float));
    s.largest[i] = -INFINITY;
    s.sums[i] = 0;
  }
  memset(s.results, 0, rows * width * sizeof(float));
  for (size_t start = 0; start < keys; start += chunk) {
    size_t count = keys - start < chunk ? keys - start : chunk;
    for (size_t key = 0; key < count; key += KEY_PANEL) {
      size_t present = count - key < KEY_PANEL ? ck_up(count - key, LANES) : KEY_PANEL;
      product(
          rows, present, steps, queries, steps, packed + (start + key) * steps, KEY_PANEL,
          scores + key, stride, 0, 0);
    }
    for (size_t i = 0; i < rows; i++) {
      size_t visible = count;
      if (a->causal) {
        size_t seen = first + i + 1;
        visible = seen <= start ? 0 : seen - start < count ? seen - start : count;
      }
      FN(weigh)(&s, i, width, scores + i * stride, visible, count, a->scale);
      if (paired) ck_pair_up(scores + i * stride, count, scores + i * stride);
    }
    for (size_t key = 0; key < count; key += STEP) {
      size_t present = count - key < STEP ? count - key : STEP;
      product(
          rows, width, (present + together - 1) / together, scores + key / together, stride,
          values + (start + key) / together * width, width, s.results, width, s.results, width);
    }
  }
  for (size_t i = 0; i < rows; i++) {
    float factor = 1.0f / s.sums[i];
    float *to = out + (first + i) * a->stride;
    for (size_t c = 0; c < d; c++) to[c] = factor * s.results[i * width + c];
  }
}
