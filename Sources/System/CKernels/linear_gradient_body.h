// Gradients of linear layers for one instruction set: see include/linear_gradient.h.

#include "simd.h"

#include "outer_body.h"

static void FN(linear_weight_gradient)(
    const ck_linear_gradient *g, size_t first, size_t last, float *scratch) {
  size_t inputs = g->inputs, outputs = last - first, width = ck_padded(inputs);
  size_t stride = ck_spread(width), out_stride = ck_spread(ck_padded(outputs));
  float *sums = scratch, *rows_of_dy = sums + outputs * stride;
  float *rows_of_x = rows_of_dy + CK_GRADIENT_ROWS * out_stride;
  // Rows that need no filling up, and do not lie a power of two apart, are taken as they are.
  int copying = g->window || width != inputs || inputs > 192;
  if (width != inputs) memset(rows_of_x, 0, CK_GRADIENT_ROWS * stride * sizeof(float));
  for (size_t row = 0; row < g->rows; row += CK_GRADIENT_ROWS) {
    size_t rows = g->rows - row < CK_GRADIENT_ROWS ? g->rows - row : CK_GRADIENT_ROWS;
    const float *x = g->x + row * inputs;
    for (size_t i = 0; i < rows; i++)
      memcpy(
          rows_of_dy + i * out_stride, g->dy + (row + i) * g->outputs + first,
          outputs * sizeof(float));
    if (g->window) {
      ck_gather_windows(g->window, g->x, row, row + rows, rows_of_x, stride);
    } else if (copying) {
      for (size_t i = 0; i < rows; i++)
        memcpy(rows_of_x + i * stride, x + i * inputs, inputs * sizeof(float));
    }
    FN(outer_product)(
        outputs, width, rows, rows_of_dy, out_stride, copying ? rows_of_x : x,
        copying ? stride : inputs, sums, stride, row > 0);
  }
  size_t taps = g->window ? g->window->kernel_height * g->window->kernel_width : 1;
  for (size_t i = 0; i < outputs; i++) {
    float *to = g->dw + (first + i) * inputs;
    if (taps == 1) {
      memcpy(to, sums + i * stride, inputs * sizeof(float));
    } else {
      // From [taps][channels], as windows are gathered, to [channels][taps], as checkpoints store it.
      size_t channels = inputs / taps;
      FN(transpose)(sums + i * stride, channels, to, taps, taps, channels);
    }
  }
}
