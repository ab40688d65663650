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

/// Floats of scratch memory for `outputs` outputs at a time.
size_t ck_linear_gradient_scratch_count(const ck_linear_gradient *g, size_t outputs);
/// dw for the outputs first..<last. Sums run through the rows in order: they do not depend on which
/// outputs are taken together.
void ck_linear_weight_gradient(
    const ck_linear_gradient *g, size_t first, size_t last, float *scratch);

#endif
