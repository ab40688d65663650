#include "include/attention.h"

#include <math.h>
#include <string.h>

#include "attention_layout.h"
#include "dispatch.h"
#include "pairs.h"
#include "vectormath.h"

size_t ck_attention_block(void) { return QUERIES_AT_ONCE; }

// Of bfloat16 factors two features, and in the second product two keys, are taken together: see pairs.h.
static inline int ck_is_paired(const ck_attention *a) { return a->factors == CK_BFLOAT16; }
static inline size_t ck_steps(const ck_attention *a, size_t n) {
  return ck_is_paired(a) ? ck_pairs_of(n) : n;
}

// Keys at once: about as many each time, and an even number.
static inline size_t ck_key_chunk(const ck_attention *a) {
  size_t chunks = (a->keys + KEYS_AT_ONCE - 1) / KEYS_AT_ONCE;
  return ck_up((a->keys + chunks - 1) / chunks, 2);
}

// Floats between packed keys: rows whose distance is a multiple of 2 KB would share cache sets.
static inline size_t ck_key_stride(const ck_attention *a) {
  size_t steps = ck_steps(a, a->features);
  return steps % 512 ? steps : steps + 16;
}

// Floats of the packed values of a chunk of keys.
static inline size_t ck_value_chunk_count(const ck_attention *a) {
  return a->features * ck_steps(a, ck_key_chunk(a));
}

// Floats of what belongs to a panel of queries.
static inline size_t ck_query_panel_count(const ck_attention *a) {
  return 2 * (a->features + 1) * QUERY_PANEL;
}

size_t ck_attention_packed_count(const ck_attention *a) {
  size_t chunk = ck_key_chunk(a);
  return a->keys * ck_key_stride(a) + (a->keys + chunk - 1) / chunk * ck_value_chunk_count(a);
}

size_t ck_attention_scratch_count(const ck_attention *a) {
  return ck_key_chunk(a) * QUERY_PANEL + QUERIES_AT_ONCE / QUERY_PANEL * ck_query_panel_count(a);
}

// The keys as rows, then the values of each chunk as columns.
void ck_attention_pack(const ck_attention *a, const float *k, const float *v, float *packed) {
  size_t d = a->features, chunk = ck_key_chunk(a), stride = ck_steps(a, chunk);
  for (size_t key = 0; key < a->keys; key++, packed += ck_key_stride(a)) {
    if (ck_is_paired(a))
      ck_pair_up(k + key * a->stride, d, packed);
    else
      memcpy(packed, k + key * a->stride, d * sizeof(float));
  }
  float row[KEYS_AT_ONCE];
  for (size_t start = 0; start < a->keys; start += chunk, packed += d * stride) {
    size_t count = a->keys - start < chunk ? a->keys - start : chunk;
    const float *values = v + start * a->stride;
    if (!ck_is_paired(a)) {
      ck_transpose(values, a->stride, packed, stride, count, d);
      continue;
    }
    for (size_t f = 0; f < d; f++) {
      for (size_t key = 0; key < count; key++) row[key] = values[key * a->stride + f];
      ck_pair_up(row, count, packed + f * stride);
    }
  }
}

#define CK_BODY "attention_body.h"
#include "each_isa.h"

void ck_attention_rows(
    const ck_attention *a, const float *q, const float *packed, size_t first, size_t last,
    float *scratch, float *out) {
  CK_PICK(attention_rows)(a, q, packed, first, last, scratch, out);
}
