// What the kernels of attention share: how keys are packed, and the exponentials of scores.

#ifndef CKERNELS_ATTENTION_LAYOUT_H
#define CKERNELS_ATTENTION_LAYOUT_H

#include <stddef.h>

#include "include/attention.h"
#include "include/layout.h"
#include "pairs.h"

// Both are multiples of every vector's length.
enum { KEY_PANEL = 32, FEATURE_STEP = 16 };

static inline size_t ck_up(size_t n, size_t step) { return (n + step - 1) / step * step; }

// So many queries meet so many keys at once that their scores stay in the second cache; the queries fill
// register tiles of 14 or 6 rows.
enum { QUERIES_AT_ONCE = 84, KEYS_AT_ONCE = 512 };

static inline size_t ck_key_chunk(const ck_attention *a) {
  return a->keys < KEYS_AT_ONCE ? a->keys : KEYS_AT_ONCE;
}

// Floats between the rows of two queries' scores of `keys` keys: never a multiple of 4 KB, which would put the rows
// of a register tile into the same cache sets.
static inline size_t ck_score_stride(size_t keys) { return ck_up(keys, KEY_PANEL) + 16; }

// Of bfloat16 factors two features, and in the second product two keys, are taken together: see pairs.h.
static inline int ck_is_paired(const ck_attention *a) { return a->factors == CK_BFLOAT16; }
static inline size_t ck_feature_steps(const ck_attention *a) {
  return ck_is_paired(a) ? ck_pairs_of(a->features) : a->features;
}

// Rows of keys or values as panels [features][32], zeros beyond the last row. Returns their end.
static inline float *ck_pack_panels(const ck_attention *a, const float *rows, float *packed) {
  for (size_t key = 0; key < a->keys; key += KEY_PANEL, packed += KEY_PANEL * a->features) {
    size_t present = a->keys - key < KEY_PANEL ? a->keys - key : KEY_PANEL;
    if (present < KEY_PANEL) memset(packed, 0, KEY_PANEL * a->features * sizeof(float));
    ck_transpose(rows + key * a->stride, a->stride, packed, KEY_PANEL, present, a->features);
  }
  return packed;
}

// Rows of a head next to one another, [count][width], zeros beyond the last feature.
static inline void ck_copy_rows(
    const ck_attention *a, const float *rows, size_t count, size_t width, float *to) {
  for (size_t i = 0; i < count; i++, to += width) {
    memcpy(to, rows + i * a->stride, a->features * sizeof(float));
    memset(to + a->features, 0, (width - a->features) * sizeof(float));
  }
}

#endif
