#include "include/attention_gradient.h"

#include <string.h>

#include "attention_layout.h"
#include "dispatch.h"
#include "vectormath.h"

// Queries at a time: their scores and what flows back to them stay in the cache.
static size_t ck_gradient_block(const ck_attention *a) {
  size_t rows = (1 << 16) / ck_score_stride(a->keys) / 14 * 14;
  return rows < 14 ? 14 : rows > 112 ? 112 : rows;
}

size_t ck_attention_gradient_scratch_count(const ck_attention *a) {
  size_t width = ck_up(a->features, FEATURE_STEP), stride = ck_score_stride(a->keys);
  return 2 * ck_up(a->keys, KEY_PANEL) * a->features + a->keys * width + 2 * a->features * stride
         + ck_gradient_block(a) * (width + 2 * stride);
}

#define CK_BODY "attention_gradient_body.h"
#include "each_isa.h"

void ck_attention_gradient(
    const ck_attention *a, const float *q, const float *k, const float *v, const float *dy,
    float *scratch, float *dq, float *dk, float *dv) {
  CK_PICK(attention_gradient)(a, q, k, v, dy, scratch, dq, dk, dv);
}
