// Winograd F(4×4, 3×3) for one instruction set: see include/winograd.h.

#include "simd.h"

#include "gemm_body.h"

#define P 0.70710678118654752f
#define Q 1.41421356237309505f

// Bᵀd: from 6 inputs to 6 frequencies.
ALWAYS_INLINE void FN(input_1d)(const V d[6], V t[6]) {
  V even = d[4] - 2.0f * d[2], odd = P * d[3] - Q * d[1];
  V even2 = d[4] - 0.5f * d[2], odd2 = Q * d[3] - P * d[1];
  t[0] = d[0] - 2.5f * d[2] + d[4];
  t[1] = even + odd;
  t[2] = even - odd;
  t[3] = even2 + odd2;
  t[4] = even2 - odd2;
  t[5] = d[1] - 2.5f * d[3] + d[5];
}

// Gg: from 3 weights to 6 frequencies.
ALWAYS_INLINE void FN(weight_1d)(const V g[3], V u[6]) {
  V even = -1.0f / 1.5f * g[0] - 0.5f / 1.5f * g[2], odd = P / 1.5f * g[1];
  V even2 = 1.0f / 6.0f * g[0] + 2.0f / 6.0f * g[2], odd2 = Q / 6.0f * g[1];
  u[0] = g[0];
  u[1] = even - odd;
  u[2] = even + odd;
  u[3] = even2 + odd2;
  u[4] = even2 - odd2;
  u[5] = g[2];
}

// Aᵀm: from 6 frequencies to 4 outputs.
ALWAYS_INLINE void FN(output_1d)(const V m[6], V y[4]) {
  V sum = m[1] + m[2], difference = m[1] - m[2];
  V sum2 = m[3] + m[4], difference2 = m[3] - m[4];
  y[0] = m[0] + sum + sum2;
  y[1] = P * difference + Q * difference2;
  y[2] = 0.5f * sum + 2.0f * sum2;
  y[3] = 0.5f * P * difference + 2.0f * Q * difference2 + m[5];
}

// BᵀdB of LANES channels of one tile, whose 36 pixels are at `pixels`.
ALWAYS_INLINE void FN(input_2d)(
    const float *const pixels[36], size_t channel, float *to, size_t stride) {
  V half[6][6];
  UNROLL for (int column = 0; column < 6; column++) {
    V d[6], t[6];
    UNROLL for (int row = 0; row < 6; row++) d[row] = FN(load)(pixels[6 * row + column] + channel);
    FN(input_1d)(d, t);
    UNROLL for (int row = 0; row < 6; row++) half[row][column] = t[row];
  }
  UNROLL for (int row = 0; row < 6; row++) {
    V t[6];
    FN(input_1d)(half[row], t);
    UNROLL for (int column = 0; column < 6; column++)
        FN(store)(to + (size_t)(6 * row + column) * stride, t[column]);
  }
}

static void FN(winograd_transform)(
    const ck_winograd *w, const float *x, size_t first, size_t last, float *transformed) {
  // Pixels outside the image are read here; so are the channels that fill up the last vector.
  static const float zeros[CK_WINOGRAD_DEPTH + 16] __attribute__((aligned(64)));
  size_t across = ck_tiles_across(w), per_image = across * ck_tiles_down(w);
  size_t depth = ck_depth(w), stride = ck_frequency_stride(w), channels = w->in_channels;
  for (size_t tile = first; tile < last; tile++) {
    size_t index = (w->first_tile + tile) % per_image;
    const float *image =
        x + (w->first_tile + tile) / per_image * w->height * w->width * channels;
    size_t top = index / across * 4, left = index % across * 4;
    const float *pixels[36];
    int inside[36];
    for (size_t i = 0; i < 36; i++) {
      // Unsigned: what lies before the image wraps round to far behind it.
      size_t row = top + i / 6 - w->top, column = left + i % 6 - w->left;
      inside[i] = row < w->height && column < w->width;
      pixels[i] = inside[i] ? image + (row * w->width + column) * channels : zeros;
    }
    for (size_t start = 0; start < ck_depth_blocks(w) * depth; start += depth) {
      float *to = transformed + start / depth * FREQUENCIES * stride + tile * depth;
      size_t present = start >= channels ? 0 : channels - start < depth ? channels - start : depth;
      size_t whole = present / LANES * LANES;
      const float *from[36];
      for (int i = 0; i < 36; i++) from[i] = inside[i] ? pixels[i] + start : zeros;
      for (size_t channel = 0; channel < whole; channel += LANES)
        FN(input_2d)(from, channel, to + channel, stride);
      if (whole == depth) continue;
      float rest[36][LANES];
      memset(rest, 0, sizeof rest);
      for (int i = 0; i < 36; i++) {
        memcpy(rest[i], from[i] + whole, (present - whole) * sizeof(float));
        from[i] = rest[i];
      }
      FN(input_2d)(from, 0, to + whole, stride);
      for (int i = 0; i < 36; i++) from[i] = zeros;
      for (size_t channel = whole + LANES; channel < depth; channel += LANES)
        FN(input_2d)(from, 0, to + channel, stride);
    }
  }
}

// GgGᵀ of one input channel: from [9][32] to 36 rows of 32.
ALWAYS_INLINE void FN(weight_2d)(const float *from, float *to) {
  for (int lane = 0; lane < CK_WINOGRAD_PANEL; lane += LANES) {
    V half[6][3];
    UNROLL for (int column = 0; column < 3; column++) {
      V g[3], u[6];
      UNROLL for (int row = 0; row < 3; row++)
          g[row] = FN(load)(from + (3 * row + column) * CK_WINOGRAD_PANEL + lane);
      FN(weight_1d)(g, u);
      UNROLL for (int row = 0; row < 6; row++) half[row][column] = u[row];
    }
    UNROLL for (int row = 0; row < 6; row++) {
      V u[6];
      FN(weight_1d)(half[row], u);
      UNROLL for (int column = 0; column < 6; column++)
          FN(store)(to + (6 * row + column) * WEIGHT_STRIDE + lane, u[column]);
    }
  }
}

// From [lanes][9] to [9][32], the last of the nine first.
static void FN(mirror)(const float *weight, size_t lanes, float *to) {
  // Squares of LANES are transposed, which reach beyond the ninth column and the last row.
  float rows[CK_WINOGRAD_PANEL * 9 + 16], columns[16 * CK_WINOGRAD_PANEL];
  memcpy(rows, weight, lanes * 9 * sizeof(float));
  memset(rows + lanes * 9, 0, ((CK_WINOGRAD_PANEL - lanes) * 9 + 16) * sizeof(float));
  for (size_t lane = 0; lane < CK_WINOGRAD_PANEL; lane += LANES)
    for (size_t tap = 0; tap < 9; tap += LANES)
      FN(transpose_square)(
          rows + lane * 9 + tap, 9, columns + tap * CK_WINOGRAD_PANEL + lane, CK_WINOGRAD_PANEL);
  for (size_t tap = 0; tap < 9; tap++)
    memcpy(
        to + (8 - tap) * CK_WINOGRAD_PANEL, columns + tap * CK_WINOGRAD_PANEL,
        CK_WINOGRAD_PANEL * sizeof(float));
}

// The transformed weights of the `lanes` output channels from `output` on, for the input channels
// first..<first + depth; zeros beyond the last of either.
static void FN(transform_weights)(
    const ck_winograd *w, const float *weight, size_t output, size_t lanes, size_t first,
    size_t depth, float *strip, float *to) {
  size_t channels = w->in_channels;
  for (size_t channel = first; channel < first + depth; channel += STRIP) {
    size_t present = channels <= channel ? 0 : channels - channel < STRIP ? channels - channel : STRIP;
    if (lanes < CK_WINOGRAD_PANEL || present < STRIP)
      memset(strip, 0, STRIP * 9 * CK_WINOGRAD_PANEL * sizeof(float));
    if (w->mirrored) {
      for (size_t i = 0; i < present; i++)
        FN(mirror)(
            weight + ((channel + i) * w->out_channels + output) * 9, lanes,
            strip + i * 9 * CK_WINOGRAD_PANEL);
    } else {
      FN(transpose)(
          weight + (output * channels + channel) * 9, channels * 9, strip, CK_WINOGRAD_PANEL, lanes,
          present * 9);
    }
    for (size_t i = 0; i < STRIP; i++, to += CK_WINOGRAD_PANEL)
      FN(weight_2d)(strip + i * 9 * CK_WINOGRAD_PANEL, to);
  }
}

// AᵀmA of LANES channels of one tile.
ALWAYS_INLINE void FN(output_2d)(const float *product, V y[4][4]) {
  V half[4][6];
  UNROLL for (int column = 0; column < 6; column++) {
    V m[6], t[4];
    UNROLL for (int row = 0; row < 6; row++)
        m[row] = FN(load)(product + (6 * row + column) * PRODUCT_STRIDE);
    FN(output_1d)(m, t);
    UNROLL for (int row = 0; row < 4; row++) half[row][column] = t[row];
  }
  UNROLL for (int row = 0; row < 4; row++) FN(output_1d)(half[row], y[row]);
}

// Writes `lanes` channels from `channel` on of one tile to the pixels that exist.
ALWAYS_INLINE void FN(write_tile)(
    const ck_winograd *w, V y[4][4], size_t tile, size_t channel, size_t lanes, const float *bias,
    size_t bias_stride, const float *residual, float *out) {
  size_t across = ck_tiles_across(w), per_image = across * ck_tiles_down(w);
  size_t image = tile / per_image, index = tile % per_image;
  size_t top = index / across * 4, left = index % across * 4;
  size_t rows = w->out_height - top < 4 ? w->out_height - top : 4;
  size_t columns = w->out_width - left < 4 ? w->out_width - left : 4;
  V shift = {};
  if (bias) memcpy(&shift, bias + image * bias_stride + channel, lanes * sizeof(float));
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) {
      size_t pixel = (image * w->out_height + top + row) * w->out_width + left + column;
      size_t offset = pixel * w->out_channels + channel;
      V value = y[row][column] + shift, more = {};
      if (residual) {
        memcpy(&more, residual + offset, lanes * sizeof(float));
        value += more;
      }
      memcpy(out + offset, &value, lanes * sizeof(float));
    }
  }
}

static void FN(winograd_multiply)(
    const ck_winograd *w, const float *transformed, const float *weight, size_t panel, size_t first,
    size_t last, const float *bias, size_t bias_stride, const float *residual, float *scratch,
    float *out) {
  float *weights = scratch, *products = weights + FREQUENCIES * WEIGHT_STRIDE;
  float *strip = products + FREQUENCIES * PRODUCT_STRIDE;
  size_t depth = ck_depth(w), blocks = ck_depth_blocks(w), stride = ck_frequency_stride(w);
  size_t start = panel * CK_WINOGRAD_PANEL;
  size_t channels = w->out_channels - start;
  if (channels > CK_WINOGRAD_PANEL) channels = CK_WINOGRAD_PANEL;
  size_t width = (channels + LANES - 1) / LANES * LANES;
  for (size_t tile = first; tile < last; tile += CK_WINOGRAD_TILES) {
    size_t tiles = last - tile < CK_WINOGRAD_TILES ? last - tile : CK_WINOGRAD_TILES;
    for (size_t block = 0; block < blocks; block++) {
      // With one block the weights of the first tiles serve the others too.
      if (blocks > 1 || tile == first)
        FN(transform_weights)(
            w, weight, start, channels, block * depth, depth, strip, weights);
      for (size_t f = 0; f < FREQUENCIES; f++) {
        // The weights of the next block come from far away: they are asked for meanwhile.
        if (block + 1 < blocks && f * 16 < depth * 9 && !w->mirrored) {
          const float *next = weight + (start * w->in_channels + (block + 1) * depth) * 9 + f * 16;
          for (size_t lane = 0; lane < channels; lane++)
            __builtin_prefetch(next + lane * w->in_channels * 9, 0, 2);
        }
        float *product = products + f * PRODUCT_STRIDE;
        FN(panel_product)(
            tiles, width, depth, transformed + (block * FREQUENCIES + f) * stride + tile * depth,
            depth, weights + f * WEIGHT_STRIDE, CK_WINOGRAD_PANEL, product, CK_WINOGRAD_PANEL,
            block > 0 ? product : 0, CK_WINOGRAD_PANEL);
      }
    }
    for (size_t i = 0; i < tiles; i++) {
      for (size_t lane = 0; lane < channels; lane += LANES) {
        V y[4][4];
        FN(output_2d)(products + i * CK_WINOGRAD_PANEL + lane, y);
        size_t lanes = channels - lane;
        if (lanes >= LANES) {
          FN(write_tile)(
              w, y, w->first_tile + tile + i, start + lane, LANES, bias, bias_stride, residual,
              out);
        } else {
          FN(write_tile)(
              w, y, w->first_tile + tile + i, start + lane, lanes, bias, bias_stride, residual,
              out);
        }
      }
    }
  }
}

#undef P
#undef Q
