// 3×3 convolutions of stride 1 by Winograd's F(4×4, 3×3): 36 products for 16 outputs, not 144.
//
// A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", arXiv:1509.09308. The
// interpolation points are 0, ±√½, ±√2 and ∞, whose error is a fourth of that of 0, ±1, ±2, ∞.
//
// The image is cut into tiles of 4×4 outputs, which see 6×6 inputs. In the transformed domain the
// convolution is 36 independent matrix products, [tiles × Cin] · [Cin × Cout]. Weights are read as
// checkpoints store them and transformed a block at a time in the cache: kept transformed they would
// take four times the memory.

#ifndef CKERNELS_WINOGRAD_H
#define CKERNELS_WINOGRAD_H

#include <stddef.h>

#include "numbers.h"

enum {
  CK_WINOGRAD_PANEL = 32,   // output channels in a panel of the weights
  CK_WINOGRAD_TILES = 64,   // tiles that a thread carries through the products at once
  CK_WINOGRAD_DEPTH = 64,   // input channels in one step of the products
};

/// One convolution of channels-last images [batch, height, width, in_channels].
typedef struct {
  size_t batch, height, width, in_channels;
  size_t out_height, out_width, out_channels;
  size_t top, left;          // rows and columns of zeros before the image
  size_t first_tile, tiles;  // the tiles that are in the transformed input, of all that there are
  int mirrored;  // the weight is [in_channels, out_channels, 3, 3] and turned by 180°
  ck_format factors;  // CK_FLOAT32, or CK_BFLOAT16: what is multiplied is rounded once transformed
} ck_winograd;

/// How many tiles of 4×4 outputs the whole batch has.
size_t ck_winograd_tile_count(const ck_winograd *w);
/// Floats of the transformed input for `tiles` tiles.
size_t ck_winograd_input_count(const ck_winograd *w);
/// Floats of scratch memory that `ck_winograd_multiply` wants.
size_t ck_winograd_scratch_count(const ck_winograd *w);
/// Floats of the transformed weights of one panel of output channels.
size_t ck_winograd_panel_count(const ck_winograd *w);

/// Transforms the tiles first..<last, counted from `first_tile`.
void ck_winograd_transform(
    const ck_winograd *w, const float *x, size_t first, size_t last, float *transformed);
/// Transforms the weights of one panel. `weight` is [out_channels, in_channels, 3, 3], or the mirrored
/// one, which makes this the gradient of another convolution with respect to its input.
void ck_winograd_prepare(
    const ck_winograd *w, ck_numbers weight, size_t panel, float *prepared);

/// What the products need and where their results go.
typedef struct {
  ck_numbers weight;      // as for ck_winograd_prepare; transformed when it is needed
  const float *prepared;  // or the panel's transformed weights: then `weight` is not read
  const float *bias;      // or null; entry b of the batch adds bias[b·bias_stride + channel]
  size_t bias_stride;
  const float *residual;  // or null; shaped as the output, and may be the output itself
  float *out;
} ck_winograd_operands;
/// The outputs of one panel for the tiles first..<last, counted from `first_tile`.
void ck_winograd_multiply(
    const ck_winograd *w, const float *transformed, const ck_winograd_operands *o, size_t panel,
    size_t first, size_t last, float *scratch);

// The gradient with respect to the weight, for F(4×4, 3×3): in the transformed domain it is one
// product for each frequency, dU = (A dY Aᵀ)ᵀ · (Bᵀ X B) summed over tiles, and dW = Gᵀ dU G.

/// Floats of the transformed output gradient for `tiles` tiles.
size_t ck_winograd_output_gradient_count(const ck_winograd *w);
/// Floats of the gradient with respect to the transformed weights.
size_t ck_winograd_weight_gradient_count(const ck_winograd *w);
/// Transforms the tiles first..<last, counted from `first_tile`, of the gradient `dy` with respect to
/// the output.
void ck_winograd_transform_output_gradient(
    const ck_winograd *w, const float *dy, size_t first, size_t last, float *transformed);
/// The products of all transformed tiles at the frequencies first..<last of 36: written to `sums`, or
/// added to them.
void ck_winograd_accumulate(
    const ck_winograd *w, const float *x, const float *dy, size_t first, size_t last, int adding,
    float *sums);
/// The gradient with respect to the weights, [out_channels, in_channels, 3, 3], of the output channels
/// first..<last, from the sum of `parts` sums one after another.
void ck_winograd_weight_gradient(
    const ck_winograd *w, const float *sums, size_t parts, size_t first, size_t last, float *dw);

#endif
