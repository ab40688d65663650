#include "include/linear_gradient.h"

#include <string.h>

#include "include/isa.h"

// Whole vectors of any instruction set.
static inline size_t ck_padded(size_t n) { return (n + 15) / 16 * 16; }

// A distance between rows that is no multiple of 4 KB: such rows would share cache sets.
static inline size_t ck_spread(size_t n) { return n % 32 == 0 ? n + 16 : n; }

// Rows that lie closer than this are read where they are; others are copied next to one another.
enum { CLOSE = 192 };

size_t ck_linear_gradient_scratch_count(ck_gradient_part part) {
  size_t stride = ck_spread(ck_padded(part.inputs));
  return (part.outputs + CK_GRADIENT_ROWS) * stride
         + CK_GRADIENT_ROWS * ck_spread(ck_padded(part.outputs));
}

#define CK_BODY "linear_gradient_body.h"
#include "each_isa.h"

void ck_linear_weight_gradient(
    const ck_linear_gradient *g, ck_gradient_part part, float *scratch) {
  CK_PICK(linear_weight_gradient)(g, part, scratch);
}
