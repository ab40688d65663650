#include "include/attention.h"

#include <string.h>

#include "dispatch.h"
#include "include/layout.h"
#include "vectormath.h"

// Both are multiples of every vector's length.
enum { KEY_PANEL = 32, FEATURE_STEP = 16 };

static inline size_t ck_up(size_t n, size_t step) { return (n + step - 1) / step * step; }

// Floats between the score rows of two queries: never a multiple of 4 KB, which would put the rows
// of a register tile into the same cache sets.
static inline size_t ck_score_stride(const ck_attention *a) {
  return ck_up(a->keys, KEY_PANEL) + 16;
}

size_t ck_attention_block(const ck_attention *a) {
  // Half a megabyte of scores, in multiples of the rows of a register tile.
  size_t rows = (1 << 17) / ck_score_stride(a) / 14 * 14;
  return rows < 14 ? 14 : rows > 112 ? 112 : rows;
}

size_t ck_attention_packed_count(const ck_attention *a) {
  return ck_up(a->keys, KEY_PANEL) * a->features + a->keys * ck_up(a->features, FEATURE_STEP);
}

size_t ck_attention_scratch_count(const ck_attention *a) {
  return ck_attention_block(a)
         * (ck_score_stride(a) + a->features + ck_up(a->features, FEATURE_STEP) + 1);
}

void ck_attention_pack(const ck_attention *a, const float *k, const float *v, float *packed) {
  for (size_t key = 0; key < a->keys; key += KEY_PANEL, packed += KEY_PANEL * a->features) {
    size_t present = a->keys - key < KEY_PANEL ? a->keys - key : KEY_PANEL;
    if (present < KEY_PANEL) memset(packed, 0, KEY_PANEL * a->features * sizeof(float));
    ck_transpose(k + key * a->stride, a->stride, packed, KEY_PANEL, present, a->features);
  }
  size_t width = ck_up(a->features, FEATURE_STEP);
  for (size_t key = 0; key < a->keys; key++, packed += width) {
    memcpy(packed, v + key * a->stride, a->features * sizeof(float));
    memset(packed + a->features, 0, (width - a->features) * sizeof(float));
  }
}

#define CK_BODY "attention_body.h"
#include "each_isa.h"

void ck_attention_rows(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out) {
  CK_PICK(attention_rows)(a, q, packed, first, last, scratch, out);
}
