#include "include/layout.h"

#include <string.h>

#include "dispatch.h"

CK_DISPATCH
void ck_transpose(
    const float *restrict x, size_t x_stride, float *restrict out, size_t out_stride, size_t rows,
    size_t columns) {
  enum { TILE = 16 };
  float tile[TILE][TILE];
  for (size_t r0 = 0; r0 < rows; r0 += TILE) {
    size_t nr = rows - r0 < TILE ? rows - r0 : TILE;
    for (size_t c0 = 0; c0 < columns; c0 += TILE) {
      size_t nc = columns - c0 < TILE ? columns - c0 : TILE;
      if (nr == TILE && nc == TILE) {
        for (size_t r = 0; r < TILE; r++)
          for (size_t c = 0; c < TILE; c++) tile[c][r] = x[(r0 + r) * x_stride + c0 + c];
        for (size_t c = 0; c < TILE; c++)
          memcpy(out + (c0 + c) * out_stride + r0, tile[c], sizeof tile[c]);
      } else {
        for (size_t c = 0; c < nc; c++)
          for (size_t r = 0; r < nr; r++)
            out[(c0 + c) * out_stride + r0 + r] = x[(r0 + r) * x_stride + c0 + c];
      }
    }
  }
}

void ck_double_row(const float *x, float *out, size_t width, size_t channels) {
  for (size_t i = 0; i < width; i++) {
    memcpy(out + 2 * i * channels, x + i * channels, channels * sizeof(float));
    memcpy(out + (2 * i + 1) * channels, x + i * channels, channels * sizeof(float));
  }
}

CK_DISPATCH
void ck_add_row(
    const float *x, const float *restrict row, float *out, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) {
    float *to = out + r * columns;
    if (!x) {
      memcpy(to, row, columns * sizeof(float));
    } else if (!row) {
      memmove(to, x + r * columns, columns * sizeof(float));
    } else {
      for (size_t c = 0; c < columns; c++) to[c] = x[r * columns + c] + row[c];
    }
  }
}

void ck_gather_windows(ck_window w, const float *x, size_t first, size_t last, float *out) {
  size_t run = w.kernel_width * w.channels;
  for (size_t oy = first; oy < last; oy++) {
    for (size_t ox = 0; ox < w.out_width; ox++) {
      ptrdiff_t left = (ptrdiff_t)(ox * w.stride) - (ptrdiff_t)w.left;
      // The columns of the window that lie in the image: from..<to.
      size_t from = left < 0 ? (size_t)-left : 0;
      ptrdiff_t room = (ptrdiff_t)w.width - left;
      size_t to = room < 0 ? 0 : (size_t)room < w.kernel_width ? (size_t)room : w.kernel_width;
      for (size_t ky = 0; ky < w.kernel_height; ky++, out += run) {
        ptrdiff_t y = (ptrdiff_t)(oy * w.stride + ky) - (ptrdiff_t)w.top;
        if (y < 0 || y >= (ptrdiff_t)w.height || from >= to) {
          memset(out, 0, run * sizeof(float));
          continue;
        }
        const float *row = x + ((size_t)y * w.width + (size_t)(left + (ptrdiff_t)from)) * w.channels;
        memset(out, 0, from * w.channels * sizeof(float));
        memcpy(out + from * w.channels, row, (to - from) * w.channels * sizeof(float));
        memset(out + to * w.channels, 0, (w.kernel_width - to) * w.channels * sizeof(float));
      }
    }
  }
}
