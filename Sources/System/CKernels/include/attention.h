// Attention of one head, softmax(scale · Q Kᵀ) V, some queries at a time.
//
// Keys and values are packed once for the head. A block of queries then meets the keys, some at a time:
// their scores stay in the cache and become weights in place, relative to the largest score so far; where
// a later one is larger, what was summed is scaled down (M. Milakov, N. Gimelshein, "Online normalizer
// calculation for softmax", arXiv:1805.02867, Algorithm 3). The division by the sums comes last, on the
// few results.

#ifndef CKERNELS_ATTENTION_H
#define CKERNELS_ATTENTION_H

#include <stddef.h>

#include "numbers.h"

/// One head. Consecutive queries, keys, values and results are `stride` floats apart.
typedef struct {
  size_t queries, keys, features, stride;
  float scale;
  int causal;  // query i sees the keys 0...i
  ck_format factors;  // CK_FLOAT32, or CK_BFLOAT16: Q, K, V and the weights are rounded to it
} ck_attention;

/// How many queries a thread should take at once.
size_t ck_attention_block(void);
/// Floats of one head's packed keys and values.
size_t ck_attention_packed_count(const ck_attention *a);
/// Floats of scratch memory that `ck_attention_rows` wants.
size_t ck_attention_scratch_count(const ck_attention *a);
/// Packs one head, whose first key is at `k` and first value at `v`.
void ck_attention_pack(const ck_attention *a, const float *k, const float *v, float *packed);
/// The results of the queries first..<last, at most a block of them.
void ck_attention_rows(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out);

#endif
