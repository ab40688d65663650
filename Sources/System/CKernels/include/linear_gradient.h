// The gradient of products y = x Wᵀ with respect to W: dW = dYᵀ X, a sum over rows.

#ifndef CKERNELS_LINEAR_GRADIENT_H
#define CKERNELS_LINEAR_GRADIENT_H

#include <stddef.h>

#include "layout.h"

enum { CK_GRADIENT_ROWS = 128 };  // rows that are summed while they lie in the cache

/// x is [rows, inputs], dy [rows, outputs], dw [outputs, inputs]. With a window, x is images, and its
/// rows are the windows of a convolution; dw is then [outputs, channels, kernel_height, kernel_width].
typedef struct {
  size_t rows, inputs, outputs;
  const float *x, *dy;
  const ck_window *window;  // or null
  float *dw;
} ck_linear_gradient;

/// A part of dw: some outputs, and some inputs of each. With a window, all inputs.
typedef struct {
  size_t first_output, outputs, first_input, inputs;
} ck_gradient_part;

/// Floats of scratch memory for a part.
size_t ck_linear_gradient_scratch_count(ck_gradient_part part);
/// One part of dw. Sums run through the rows in order: they do not depend on how dw is cut up.
void ck_linear_weight_gradient(
    const ck_linear_gradient *g, ck_gradient_part part, float *scratch);

#endif
