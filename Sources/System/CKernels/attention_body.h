// Attention of one head for one instruction set: see include/attention.h.

#include "simd.h"

#include "gemm_body.h"

#include "round_body.h"

#include "softmax_body.h"

// Some queries, each in a column of its own, and what they have seen of the keys so far.
typedef struct {
  float *queries;  // [features][32]
  float *results;  // [features][32]: values weighed by e^(scale (score - largest))
  float *largest;  // [32]: of the scores
  float *sums;     // [32]: of the weights
} FN(panel);

static FN(panel) FN(panel_at)(const ck_attention *a, float *panels, size_t index) {
  float *queries = panels + index * ck_query_panel_count(a);
  float *results = queries + a->features * QUERY_PANEL;
  float *largest = results + a->features * QUERY_PANEL;
  return (FN(panel)){queries, results, largest, largest + QUERY_PANEL};
}

// Two rows of a panel at a time become one of pairs, in place; a last single row is paired with zeros.
static void FN(pair_panel)(float *rows, size_t count, size_t width) {
  for (size_t i = 0; i < count; i += 2) {
    const float *first = rows + i * QUERY_PANEL, *second = first + QUERY_PANEL;
    for (size_t c = 0; c < width; c += LANES)
      FN(store)(
          rows + i / 2 * QUERY_PANEL + c,
          FN(paired)(FN(load)(first + c), i + 1 < count ? FN(load)(second + c) : (V){}));
  }
}

static void FN(begin_panel)(const ck_attention *a, FN(panel) p, const float *q, size_t present) {
  size_t count = a->features * QUERY_PANEL;
  if (present < QUERY_PANEL) memset(p.queries, 0, count * sizeof(float));
  FN(transpose)(q, a->stride, p.queries, QUERY_PANEL, present, a->features);
  if (ck_is_paired(a)) FN(pair_panel)(p.queries, a->features, QUERY_PANEL);
  memset(p.results, 0, count * sizeof(float));
  for (size_t i = 0; i < QUERY_PANEL; i++) {
    p.largest[i] = -INFINITY;
    p.sums[i] = 0;
  }
}

// Hides keys from the queries before them: `after` is how much further on key 0 is than query 0.
static void FN(hide)(float *scores, size_t count, size_t width, ptrdiff_t after) {
  for (ptrdiff_t key = 0; key < (ptrdiff_t)count; key++, scores += QUERY_PANEL)
    for (ptrdiff_t c = 0; c < (ptrdiff_t)width && c < after + key; c++) scores[c] = -INFINITY;
}

// The largest of what is given and of `count` scores in each column.
ALWAYS_INLINE V FN(highest_below)(V largest, const float *scores, size_t count) {
  V highest[4] = {largest, largest, largest, largest};
  for (size_t key = 0; key < count; key += 4) {
    UNROLL for (size_t i = 0; i < 4; i++) {
      size_t at = key + i < count ? key + i : key;
      V score = FN(load)(scores + at * QUERY_PANEL);
      highest[i] = FN(choose)(score > highest[i], score, highest[i]);
    }
  }
  UNROLL for (int i = 1; i < 4; i++)
      highest[0] = FN(choose)(highest[i] > highest[0], highest[i], highest[0]);
  return highest[0];
}

// The scores of some keys, [count][32], become weights: all that is there refers to the largest score so
// far, so that no weight is above 1, and where that has grown what was summed before is made smaller.
static void FN(weigh)(const ck_attention *a, FN(panel) p, float *scores, size_t count, size_t width) {
  V factor = (V){} + a->scale * 1.44269504088896341f;
  for (size_t c = 0; c < width; c += LANES, scores += LANES) {
    V before = FN(load)(p.largest + c), highest = FN(highest_below)(before, scores, count);
    V shrink = FN(power_of_two)(factor * (before - highest)), sums = shrink * FN(load)(p.sums + c);
    for (size_t f = 0; f < a->features; f++) {
      float *results = p.results + f * QUERY_PANEL + c;
      FN(store)(results, shrink * FN(load)(results));
    }
    for (size_t key = 0; key < count; key++) {
      float *score = scores + key * QUERY_PANEL;
      V weight = FN(power_of_two)(factor * (FN(load)(score) - highest));
      FN(store)(score, weight);
      sums += weight;
    }
    FN(store)(p.largest + c, highest);
    FN(store)(p.sums + c, sums);
  }
}

static void FN(end_panel)(const ck_attention *a, FN(panel) p, size_t present, float *out) {
  for (size_t c = 0; c < QUERY_PANEL; c += LANES) {
    V factor = 1.0f / FN(load)(p.sums + c);
    for (size_t f = 0; f < a->features; f++) {
      float *results = p.results + f * QUERY_PANEL + c;
      FN(store)(results, factor * FN(load)(results));
    }
  }
  FN(transpose)(p.results, QUERY_PANEL, out, a->stride, a->features, present);
}

static void FN(attention_rows)(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out) {
  size_t keys = a->causal ? last : a->keys, chunk = ck_key_chunk(a), stride = ck_key_stride(a);
  size_t panels = (last - first + QUERY_PANEL - 1) / QUERY_PANEL;
  int paired = ck_is_paired(a);
  FN(product) product = paired ? ck_pair_product : FN(panel_product);
  float *scores = scratch;
  scratch += chunk * QUERY_PANEL;
  for (size_t i = 0; i < panels; i++) {
    size_t query = first + i * QUERY_PANEL, left = last - query;
    FN(begin_panel)(
        a, FN(panel_at)(a, scratch, i), q + query * a->stride,
        left < QUERY_PANEL ? left : QUERY_PANEL);
  }
  for (size_t start = 0; start < keys; start += chunk) {
    size_t count = keys - start < chunk ? keys - start : chunk;
    const float *values = packed + a->keys * stride + start / chunk * ck_value_chunk_count(a);
    for (size_t i = 0; i < panels; i++) {
      FN(panel) p = FN(panel_at)(a, scratch, i);
      size_t query = first + i * QUERY_PANEL, left = last - query;
      size_t width = left < QUERY_PANEL ? ck_up(left, LANES) : QUERY_PANEL;
      product(
          count, width, ck_steps(a, a->features), packed + start * stride, stride, p.queries,
          QUERY_PANEL, scores, QUERY_PANEL, 0, 0);
      if (a->causal) FN(hide)(scores, count, width, (ptrdiff_t)start - (ptrdiff_t)query);
      FN(weigh)(a, p, scores, count, width);
      if (paired) FN(pair_panel)(scores, count, width);
      product(
          a->features, width, ck_steps(a, count), values, ck_steps(a, chunk), scores,
          QUERY_PANEL, p.results, QUERY_PANEL, p.results, QUERY_PANEL);
    }
  }
  for (size_t i = 0; i < panels; i++) {
    size_t query = first + i * QUERY_PANEL, left = last - query;
    FN(end_panel)(
        a, FN(panel_at)(a, scratch, i), left < QUERY_PANEL ? left : QUERY_PANEL,
        out + query * a->stride);
  }
}
