#include "include/winograd.h"

#include <string.h>

#include "pairs.h"
#include "winograd_layout.h"

#define CK_BODY "winograd_body.h"
#include "each_isa.h"

size_t ck_winograd_tile_count(const ck_winograd *w) {
  return w->batch * ck_tiles_down(w) * ck_tiles_across(w);
}

size_t ck_winograd_input_count(const ck_winograd *w) {
  return ck_depth_blocks(w) * FREQUENCIES * ck_frequency_stride(w);
}

size_t ck_winograd_scratch_count(const ck_winograd *w) {
  return FREQUENCIES * (ck_weight_stride(w) + PRODUCT_STRIDE) + STRIP * 9 * CK_WINOGRAD_PANEL;
}

size_t ck_winograd_panel_count(const ck_winograd *w) {
  return ck_depth_blocks(w) * FREQUENCIES * ck_weight_stride(w);
}

void ck_winograd_transform(
    const ck_winograd *w, const float *x, size_t first, size_t last, float *transformed) {
  CK_PICK(winograd_transform)(w, x, first, last, transformed);
}

void ck_winograd_prepare(
    const ck_winograd *w, ck_numbers weight, size_t panel, float *prepared) {
  CK_PICK(winograd_prepare)(w, weight, panel, prepared);
}

void ck_winograd_multiply(
    const ck_winograd *w, const float *transformed, const ck_winograd_operands *o, size_t panel,
    size_t first, size_t last, float *scratch) {
  CK_PICK(winograd_multiply)(w, transformed, o, panel, first, last, scratch);
}
