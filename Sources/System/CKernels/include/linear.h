// Products with the transpose of a weight: y = x Wᵀ + bias + residual.
//
// With factors of bfloat16 the numbers of x and W are rounded to it before they are multiplied; sums,
// bias, residual and y are floats.

#ifndef CKERNELS_LINEAR_H
#define CKERNELS_LINEAR_H

#include <stddef.h>

#include "layout.h"
#include "numbers.h"

enum {
  CK_LINEAR_PANEL = 32,  // outputs in a panel of the packed weight
  CK_LINEAR_ROWS = 112,  // rows of x that a thread takes at once
};

/// x is [rows, inputs], W [outputs, inputs], y [rows, outputs]. With a window, x is images, and its
/// rows are the windows of a convolution, gathered when they are needed; W is then
/// [outputs, channels, kernel_height, kernel_width].
typedef struct {
  size_t rows, inputs, outputs;
  const float *x;
  size_t x_stride;  // floats from one row of x to the next; with a window of no account
  ck_numbers weight;  // widened where they are packed or multiplied
  const ck_window *window;  // or null
  const float *bias;      // [outputs] or null
  const float *residual;  // [rows, outputs] or null; may be y
  float *y;
  int transposed;  // W is [inputs, outputs], and there is no window: y = x W
  int gated;  // W is [2 outputs, inputs], bias [2 outputs]; y = a ⊙ GELU(b) of the halves, no residual
  ck_format factors;  // CK_FLOAT32, or CK_BFLOAT16 where W is not transposed
} ck_linear;

/// Floats of a packed panel.
size_t ck_linear_panel_count(const ck_linear *l);
/// Packs the panel of W that starts at output `first`: [inputs][32], zeros beyond the last output; of
/// bfloat16 factors two inputs together; that of the gates behind it.
void ck_linear_pack(const ck_linear *l, size_t first, float *packed);
/// Floats between rows of x as `ck_linear_rows` reads them, or 0 where it reads them as they are. With a
/// window it gathers them itself.
size_t ck_linear_ready_stride(const ck_linear *l);
/// Writes the rows row..<last_row of x as `ck_linear_rows` reads them, that far apart, to `ready`.
void ck_linear_make_ready(const ck_linear *l, size_t row, size_t last_row, float *ready);
/// Floats of scratch memory that `ck_linear_rows` wants.
size_t ck_linear_scratch_count(const ck_linear *l);
/// y for the rows row..<last_row, at most CK_LINEAR_ROWS, and the outputs first..<last, whose panels
/// are at `packed`.
void ck_linear_rows(
    const ck_linear *l, size_t row, size_t last_row, size_t first, size_t last, const float *packed,
    float *scratch);
/// y for the outputs first..<last straight from W, for few rows, no window, no gates and W not
/// transposed: packing would not pay, and nothing is rounded.
void ck_linear_few(const ck_linear *l, size_t first, size_t last);

#endif
