// Moving data between layouts.

#ifndef CKERNELS_LAYOUT_H
#define CKERNELS_LAYOUT_H

#include <stddef.h>

/// out[c][r] = x[r][c] for r in 0..<rows, c in 0..<columns; the strides are the distances between
/// rows of x and of out.
void ck_transpose(
    const float *x, size_t x_stride, float *out, size_t out_stride, size_t rows, size_t columns);
/// Nearest-neighbour doubling of one row of pixels: [width, channels] → [2·width, channels].
void ck_double_row(const float *x, float *out, size_t width, size_t channels);
/// out[r][c] = x[r][c] + row[c]
void ck_add_row(const float *x, const float *row, float *out, size_t rows, size_t columns);

/// The window of a convolution over images [height, width, channels].
typedef struct {
  size_t height, width, channels;
  size_t kernel_height, kernel_width, stride;
  size_t top, left;  // rows and columns of zeros before the image
  size_t out_height, out_width;
} ck_window;
/// The output pixels first..<last, counted row by row and image by image: each one's window as a row of `out`,
/// [kernel_height, kernel_width, channels], zeros where it leaves the image. Rows of `out` are
/// `stride` floats apart.
void ck_gather_windows(
    const ck_window *w, const float *x, size_t first, size_t last, float *out, size_t stride);
/// The transpose of that: rows [kernel_height, kernel_width, channels] of `columns`, one for each
/// output pixel, are added to the input pixels first..<last that they came from; others get zeros.
void ck_scatter_windows(
    const ck_window *w, const float *columns, size_t first, size_t last, float *x);

#endif
