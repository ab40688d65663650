// Gradients of linear layers for one instruction set: see include/linear_gradient.h.

#include "simd.h"

#include "outer_body.h"

// Some columns of some rows next to one another.
static void FN(copy_columns)(
    const float *from, size_t from_stride, size_t rows, size_t columns, float *to, size_t stride) {
  size_t whole = columns / LANES * LANES;
  for (size_t i = 0; i < rows; i++, from += from_stride, to += stride) {
    for (size_t c = 0; c < whole; c += LANES) FN(store)(to + c, FN(load)(from + c));
    for (size_t c = whole; c < columns; c++) to[c] = from[c];
  }
}

static void FN(linear_weight_gradient)(
    const ck_linear_gradient *g, ck_gradient_part part, float *scratch) {
  size_t inputs = part.inputs, outputs = part.outputs, width = ck_padded(inputs);
  size_t stride = ck_spread(width), out_stride = ck_spread(ck_padded(outputs));
  float *sums = scratch, *copied_x = sums + outputs * stride;
  float *copied_dy = copied_x + CK_GRADIENT_ROWS * stride;
  int copies_x = g->window || width != inputs || g->inputs > CLOSE;
  int copies_dy = g->outputs > CLOSE;
  if (width != inputs) memset(copied_x, 0, CK_GRADIENT_ROWS * stride * sizeof(float));
  for (size_t row = 0; row < g->rows; row += CK_GRADIENT_ROWS) {
    size_t rows = g->rows - row < CK_GRADIENT_ROWS ? g->rows - row : CK_GRADIENT_ROWS;
    const float *x = g->x + row * g->inputs + part.first_input;
    const float *dy = g->dy + row * g->outputs + part.first_output;
    if (g->window) {
      ck_gather_windows(g->window, g->x, row, row + rows, copied_x, stride);
    } else if (copies_x) {
      FN(copy_columns)(x, g->inputs, rows, inputs, copied_x, stride);
    }
    if (copies_dy) FN(copy_columns)(dy, g->outputs, rows, outputs, copied_dy, out_stride);
    FN(outer_product)(
        outputs, width, rows, copies_dy ? copied_dy : dy, copies_dy ? out_stride : g->outputs,
        copies_x ? copied_x : x, copies_x ? stride : g->inputs, sums, stride, row > 0);
  }
  size_t taps = g->window ? g->window->kernel_height * g->window->kernel_width : 1;
  for (size_t i = 0; i < outputs; i++) {
    float *to = g->dw + (part.first_output + i) * g->inputs + part.first_input;
    if (taps == 1) {
      memcpy(to, sums + i * stride, inputs * sizeof(float));
    } else {
      // From [taps][channels], as windows are gathered, to [channels][taps], as checkpoints store it.
      size_t channels = inputs / taps;
      FN(transpose)(sums + i * stride, channels, to, taps, taps, channels);
    }
  }
}
