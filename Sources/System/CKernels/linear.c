#include "include/linear.h"

#include <string.h>

#include "dispatch.h"
#include "pairs.h"
#include "vectormath.h"

// Most steps of the products taken together: their rows and a panel stay in the second cache.
enum { DEPTH = 640 };

// How many inputs the products take one after another: each, or two at a time.
static inline size_t ck_steps(const ck_linear *l) {
  return l->factors == CK_BFLOAT16 ? ck_pairs_of(l->inputs) : l->inputs;
}

// Floats between rows that are written to be read: never a multiple of 4 KB apart, for then the rows of a
// register tile would share cache sets.
static inline size_t ck_spread_row(const ck_linear *l) { return (ck_steps(l) + 15) / 16 * 16 + 16; }

// Floats between the rows that the products read.
static inline size_t ck_row_stride(const ck_linear *l) {
  return l->window ? ck_spread_row(l) : l->x_stride;
}

size_t ck_linear_ready_stride(const ck_linear *l) {
  if (l->window) return 0;
  return l->factors == CK_BFLOAT16 || l->x_stride % 512 == 0 ? ck_spread_row(l) : 0;
}

// How many panels belong to the same outputs.
static inline size_t ck_sides(const ck_linear *l) { return l->gated ? 2 : 1; }

size_t ck_linear_panel_count(const ck_linear *l) {
  return ck_sides(l) * ck_steps(l) * CK_LINEAR_PANEL;
}

size_t ck_linear_scratch_count(const ck_linear *l) {
  size_t gathered = l->window && l->factors == CK_BFLOAT16 ? l->inputs : 0;
  size_t copied = l->window ? ck_row_stride(l) : 0;
  return CK_LINEAR_ROWS * (copied + ck_sides(l) * CK_LINEAR_PANEL) + gathered;
}

#define CK_BODY "linear_body.h"
#include "each_isa.h"

void ck_linear_pack(const ck_linear *l, size_t first, float *packed) {
  CK_PICK(linear_pack)(l, first, packed);
}

void ck_linear_make_ready(const ck_linear *l, size_t row, size_t last_row, float *ready) {
  size_t stride = ck_spread_row(l);
  for (size_t i = row; i < last_row; i++) {
    const float *x = l->x + i * l->x_stride;
    if (l->factors == CK_BFLOAT16)
      ck_pair_up(x, l->inputs, ready + i * stride);
    else
      memcpy(ready + i * stride, x, l->inputs * sizeof(float));
  }
}

void ck_linear_rows(
    const ck_linear *l, size_t row, size_t last_row, size_t first, size_t last, const float *packed,
    float *scratch) {
  CK_PICK(linear_rows)(l, row, last_row, first, last, packed, scratch);
}

void ck_linear_few(const ck_linear *l, size_t first, size_t last) {
  CK_PICK(linear_few)(l, first, last);
}
