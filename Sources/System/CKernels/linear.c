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

// Rows of x are read where they lie, unless they are windows or pairs, or so far apart that the rows of
// a register tile would share cache sets.
static inline int ck_copies_rows(const ck_linear *l) {
  return l->window || l->factors == CK_BFLOAT16 || l->inputs % 512 == 0;
}

// Floats between rows of x as they are read: copied ones are never a multiple of 4 KB apart.
static inline size_t ck_row_stride(const ck_linear *l) {
  return ck_copies_rows(l) ? (ck_steps(l) + 15) / 16 * 16 + 16 : l->inputs;
}

// How many panels belong to the same outputs.
static inline size_t ck_sides(const ck_linear *l) { return l->gated ? 2 : 1; }

size_t ck_linear_panel_count(const ck_linear *l) {
  return ck_sides(l) * ck_steps(l) * CK_LINEAR_PANEL;
}

size_t ck_linear_scratch_count(const ck_linear *l) {
  size_t gathered = l->window && l->factors == CK_BFLOAT16 ? l->inputs : 0;
  size_t copied = ck_copies_rows(l) ? ck_row_stride(l) : 0;
  return CK_LINEAR_ROWS * (copied + ck_sides(l) * CK_LINEAR_PANEL) + gathered;
}

#define CK_BODY "linear_body.h"
#include "each_isa.h"

void ck_linear_pack(const ck_linear *l, size_t first, float *packed) {
  CK_PICK(linear_pack)(l, first, packed);
}

void ck_linear_rows(
    const ck_linear *l, size_t row, size_t last_row, size_t first, size_t last, const float *packed,
    float *scratch) {
  CK_PICK(linear_rows)(l, row, last_row, first, last, packed, scratch);
}

void ck_linear_few(const ck_linear *l, size_t first, size_t last) {
  CK_PICK(linear_few)(l, first, last);
}
