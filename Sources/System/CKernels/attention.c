#include "include/attention.h"

#include <math.h>
#include <string.h>

#include "attention_layout.h"
#include "dispatch.h"
#include "vectormath.h"

size_t ck_attention_block(void) { return QUERIES_AT_ONCE; }

static size_t ck_key_steps(const ck_attention *a) {
  return ck_is_paired(a) ? ck_pairs_of(a->keys) : a->keys;
}

size_t ck_attention_packed_count(const ck_attention *a) {
  return ck_up(a->keys, KEY_PANEL) * ck_feature_steps(a)
         + ck_key_steps(a) * ck_up(a->features, FEATURE_STEP);
}

size_t ck_attention_scratch_count(const ck_attention *a) {
  return QUERIES_AT_ONCE
         * (ck_score_stride(ck_key_chunk(a)) + a->features + ck_up(a->features, FEATURE_STEP) + 2);
}

// The keys as panels [features / 2][32], then the values as [keys / 2][features], both of pairs.
static void ck_pack_pairs(const ck_attention *a, const float *k, const float *v, float *packed) {
  size_t d = a->features, width = ck_up(d, FEATURE_STEP);
  float row[KEY_PANEL * 2];
  for (size_t key = 0; key < a->keys; key += KEY_PANEL) {
    size_t present = a->keys - key < KEY_PANEL ? a->keys - key : KEY_PANEL;
    for (size_t f = 0; f < d; f += 2, packed += KEY_PANEL) {
      size_t both = d - f < 2 ? 1 : 2;
      memset(row, 0, sizeof row);
      ck_transpose(k + key * a->stride + f, a->stride, row, KEY_PANEL, present, both);
      ck_pair_rows(row, row + KEY_PANEL, KEY_PANEL, packed);
    }
  }
  for (size_t key = 0; key < a->keys; key += 2, packed += width) {
    const float *first = v + key * a->stride;
    ck_pair_rows(first, key + 1 < a->keys ? first + a->stride : 0, d, packed);
    memset(packed + d, 0, (width - d) * sizeof(float));
  }
}

void ck_attention_pack(const ck_attention *a, const float *k, const float *v, float *packed) {
  if (ck_is_paired(a)) return ck_pack_pairs(a, k, v, packed);
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
