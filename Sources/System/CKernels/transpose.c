#include "include/layout.h"

#include <string.h>

#define CK_BODY "simd.h"
#include "each_isa.h"

void ck_transpose(
    const float *x, size_t x_stride, float *out, size_t out_stride, size_t rows, size_t columns) {
  CK_PICK(transpose)(x, x_stride, out, out_stride, rows, columns);
}
