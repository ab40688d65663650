#include "include/winograd.h"

#include <string.h>

#include "winograd_layout.h"

#define CK_BODY "winograd_body.h"
#include "each_isa.h"

size_t ck_winograd_tile_count(const ck_winograd *w) {
  return w->batch * ck_tiles_down(w) * ck_tiles_across(w);
}

size_t ck_winograd_input_count(const ck_winograd *w) {
  return ck_depth_blocks(w) * FREQUENCIES * ck_frequency_stride(w);
}

size_t ck_winograd_scratch_count(void) {
  return FREQUENCIES * (WEIGHT_STRIDE + PRODUCT_STRIDE) + STRIP * 9 * CK_WINOGRAD_PANEL;
}

void ck_winograd_transform(
    const ck_winograd *w, const float *x, size_t first, size_t last, float *transformed) {
  CK_PICK(winograd_transform)(w, x, first, last, transformed);
}

void ck_winograd_multiply(
    const ck_winograd *w, const float *transformed, const float *weight, size_t panel, size_t first,
    size_t last, const float *bias, size_t bias_stride, const float *residual, float *scratch,
    float *out) {
  CK_PICK(winograd_multiply)
  (w, transformed, weight, panel, first, last, bias, bias_stride, residual, scratch, out);
}
