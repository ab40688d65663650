// What the kernels of attention share: how keys are packed, and the exponentials of scores.

#ifndef CKERNELS_ATTENTION_LAYOUT_H
#define CKERNELS_ATTENTION_LAYOUT_H

#include <stddef.h>

#include "include/attention.h"
#include "include/layout.h"

// Both are multiples of every vector's length.
enum { KEY_PANEL = 32, FEATURE_STEP = 16 };

static inline size_t ck_up(size_t n, size_t step) { return (n + step - 1) / step * step; }

// So many queries meet so many keys at once that what they share stays in the second cache.
enum { QUERY_PANEL = 32, QUERIES_AT_ONCE = 128, KEYS_AT_ONCE = 168 };

// Floats between the rows of two queries' scores of `keys` keys: never a multiple of 4 KB, which would put the rows
// of a register tile into the same cache sets.
static inline size_t ck_score_stride(size_t keys) { return ck_up(keys, KEY_PANEL) + 16; }

// Rows of keys or values as panels [features][32], zeros beyond the last row. Returns their end.
static inline float *ck_pack_panels(const ck_attention *a, const float *rows, float *packed) {
  for (size_t key = 0; key < a->keys; key += KEY_PANEL, packed += KEY_PANEL * a->features) {
    size_t present = a->keys - key < KEY_PANEL ? a->keys - key : KEY_PANEL;
    if (present < KEY_PANEL) memset(packed, 0, KEY_PANEL * a->features * sizeof(float));
    ck_transpose(rows + key * a->stride, a->stride, packed, KEY_PANEL, present, a->features);
  }
  return packed;
}

#endif
