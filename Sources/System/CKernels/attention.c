#include "include/attention.h"

#include <math.h>
#include <string.h>

#include "attention_layout.h"
#include "dispatch.h"
#include "vectormath.h"

size_t ck_attention_block(void) { return QUERIES_AT_ONCE; }

size_t ck_attention_packed_count(const ck_attention *a) {
  return ck_up(a->keys, KEY_PANEL) * a->features + a->keys * ck_up(a->features, FEATURE_STEP);
}

size_t ck_attention_scratch_count(const ck_attention *a) {
  return QUERIES_AT_ONCE
         * (ck_score_stride(ck_key_chunk(a)) + a->features + ck_up(a->features, FEATURE_STEP) + 2);
}

void ck_attention_pack(const ck_attention *a, const float *k, const float *v, float *packed) {
  packed = ck_pack_panels(a, k, packed);
  ck_copy_rows(a, v, a->keys, ck_up(a->features, FEATURE_STEP), packed);
}

#define CK_BODY "attention_body.h"
#include "each_isa.h"

void ck_attention_rows(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out) {
  CK_PICK(attention_rows)(a, q, packed, first, last, scratch, out);
}
