#include "include/layout.h"

#include <string.h>

#include "dispatch.h"

void ck_double_row(const float *x, float *out, size_t width, size_t channels) {
  for (size_t i = 0; i < width; i++) {
    memcpy(out + 2 * i * channels, x + i * channels, channels * sizeof(float));
    memcpy(out + (2 * i + 1) * channels, x + i * channels, channels * sizeof(float));
  }
}

CK_DISPATCH
void ck_add_row(
    const float *x, const float *restrict row, float *out, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) out[r * columns + c] = x[r * columns + c] + row[c];
}

void ck_gather_windows(
    const ck_window *w, const float *x, size_t first, size_t last, float *out, size_t stride) {
  size_t run = w->kernel_width * w->channels;
  size_t pixels = w->out_height * w->out_width;
  for (size_t index = first; index < last; index++, out += stride) {
    const float *image = x + index / pixels * w->height * w->width * w->channels;
    size_t pixel = index % pixels;
    ptrdiff_t top = (ptrdiff_t)(pixel / w->out_width * w->stride) - (ptrdiff_t)w->top;
    ptrdiff_t left = (ptrdiff_t)(pixel % w->out_width * w->stride) - (ptrdiff_t)w->left;
    // The columns of the window that lie in the image: from..<to.
    ptrdiff_t room = (ptrdiff_t)w->width - left;
    size_t from = left < 0 ? (size_t)-left : 0;
    size_t to = room < 0 ? 0 : (size_t)room < w->kernel_width ? (size_t)room : w->kernel_width;
    float *row = out;
    for (size_t ky = 0; ky < w->kernel_height; ky++, row += run) {
      ptrdiff_t y = top + (ptrdiff_t)ky;
      if (y < 0 || y >= (ptrdiff_t)w->height || from >= to) {
        memset(row, 0, run * sizeof(float));
        continue;
      }
      size_t start = (size_t)y * w->width + (size_t)(left + (ptrdiff_t)from);
      memset(row, 0, from * w->channels * sizeof(float));
      memcpy(
          row + from * w->channels, image + start * w->channels,
          (to - from) * w->channels * sizeof(float));
      memset(
          row + to * w->channels, 0, (w->kernel_width - to) * w->channels * sizeof(float));
    }
  }
}

CK_DISPATCH
void ck_scatter_windows(
    const ck_window *w, const float *columns, size_t first, size_t last, float *restrict x) {
  size_t channels = w->channels, taps = w->kernel_height * w->kernel_width;
  size_t pixels = w->height * w->width, out_pixels = w->out_height * w->out_width;
  for (size_t index = first; index < last; index++) {
    float *restrict to = x + index * channels;
    memset(to, 0, channels * sizeof(float));
    const float *image = columns + index / pixels * out_pixels * taps * channels;
    size_t row = index % pixels / w->width + w->top, column = index % w->width + w->left;
    for (size_t ky = 0; ky < w->kernel_height && ky <= row; ky++) {
      size_t y = (row - ky) / w->stride;
      if ((row - ky) % w->stride || y >= w->out_height) continue;
      for (size_t kx = 0; kx < w->kernel_width && kx <= column; kx++) {
        size_t z = (column - kx) / w->stride;
        if ((column - kx) % w->stride || z >= w->out_width) continue;
        const float *restrict from =
            image + ((y * w->out_width + z) * taps + ky * w->kernel_width + kx) * channels;
        for (size_t c = 0; c < channels; c++) to[c] += from[c];
      }
    }
  }
}
