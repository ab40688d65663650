#include <string.h>

#include "winograd_layout.h"

#define CK_BODY "winograd_gradient_body.h"
#include "each_isa.h"

size_t ck_winograd_output_gradient_count(const ck_winograd *w) {
  return ck_blocks_of(w->out_channels) * FREQUENCIES * ck_stride_of(w, w->out_channels);
}

size_t ck_winograd_weight_gradient_count(const ck_winograd *w) {
  return FREQUENCIES * ck_gradient_stride(w);
}

void ck_winograd_transform_output_gradient(
    const ck_winograd *w, const float *dy, size_t first, size_t last, float *transformed) {
  CK_PICK(winograd_spread)(w, dy, first, last, transformed);
}

void ck_winograd_accumulate(
    const ck_winograd *w, const float *x, const float *dy, size_t first, size_t last, int adding,
    float *sums) {
  for (size_t frequency = first; frequency < last; frequency++)
    CK_PICK(winograd_accumulate)(w, x, dy, frequency, adding, sums);
}

void ck_winograd_weight_gradient(
    const ck_winograd *w, const float *sums, size_t parts, size_t first, size_t last, float *dw) {
  CK_PICK(winograd_weight_gradient)(w, sums, parts, first, last, dw);
}
