// The gradient of Winograd F(4×4, 3×3) with respect to the weights, for one instruction set: see
// include/winograd.h.

#include "simd.h"

#include "outer_body.h"

#define P 0.70710678118654752f
#define Q 1.41421356237309505f

// Ay: from 4 outputs to 6 frequencies.
ALWAYS_INLINE void FN(spread_1d)(const V y[4], V m[6]) {
  V even = y[0] + 0.5f * y[2], odd = P * y[1] + 0.5f * P * y[3];
  V even2 = y[0] + 2.0f * y[2], odd2 = Q * y[1] + 2.0f * Q * y[3];
  m[0] = y[0];
  m[1] = even + odd;
  m[2] = even - odd;
  m[3] = even2 + odd2;
  m[4] = even2 - odd2;
  m[5] = y[3];
}

// Gᵀu: from 6 frequencies to 3 weights.
ALWAYS_INLINE void FN(gather_1d)(const V u[6], V g[3]) {
  V sum = u[1] + u[2], sum2 = u[3] + u[4];
  g[0] = u[0] - 1.0f / 1.5f * sum + 1.0f / 6.0f * sum2;
  g[1] = P / 1.5f * (u[2] - u[1]) + Q / 6.0f * (u[3] - u[4]);
  g[2] = 2.0f / 6.0f * sum2 - 0.5f / 1.5f * sum + u[5];
}

// AyAᵀ of LANES channels of one tile, whose 16 pixels are at `pixels`.
ALWAYS_INLINE void FN(spread_2d)(
    const float *const pixels[16], size_t channel, float *to, size_t stride) {
  V half[6][4];
  UNROLL for (int column = 0; column < 4; column++) {
    V y[4], m[6];
    UNROLL for (int row = 0; row < 4; row++) y[row] = FN(load)(pixels[4 * row + column] + channel);
    FN(spread_1d)(y, m);
    UNROLL for (int row = 0; row < 6; row++) half[row][column] = m[row];
  }
  UNROLL for (int row = 0; row < 6; row++) {
    V m[6];
    FN(spread_1d)(half[row], m);
    UNROLL for (int column = 0; column < 6; column++)
        FN(store)(to + (size_t)(6 * row + column) * stride, m[column]);
  }
}

static void FN(winograd_spread)(
    const ck_winograd *w, const float *dy, size_t first, size_t last, float *transformed) {
  // Pixels outside the output are read here; so are the channels that fill up the last vector.
  static const float zeros[CK_WINOGRAD_DEPTH + 16] __attribute__((aligned(64)));
  size_t channels = w->out_channels, depth = ck_depth_of(channels);
  size_t stride = ck_stride_of(w, channels);
  const float *end = dy + w->batch * w->out_height * w->out_width * channels;
  ck_tile t = ck_tile_at(w, w->first_tile + first);
  for (size_t tile = first; tile < last; tile++, ck_next_tile(&t)) {
    const float *corner =
        dy + ((t.image * w->out_height + t.top) * w->out_width + t.left) * channels;
    const float *pixels[16];
    UNROLL for (size_t i = 0; i < 16; i++) {
      int inside = t.top + i / 4 < w->out_height && t.left + i % 4 < w->out_width;
      pixels[i] = inside ? corner + (i / 4 * w->out_width + i % 4) * channels : 0;
    }
    for (size_t block = 0; block < ck_blocks_of(channels); block++) {
      size_t start = block * depth;
      float *to = transformed + block * FREQUENCIES * stride + tile * depth;
      size_t present = start >= channels ? 0 : channels - start < depth ? channels - start : depth;
      size_t whole = present / LANES * LANES;
      const float *from[16];
      for (int i = 0; i < 16; i++) from[i] = pixels[i] ? pixels[i] + start : zeros;
      for (size_t channel = 0; channel < whole; channel += LANES)
        FN(spread_2d)(from, channel, to + channel, stride);
      if (whole == present) continue;  // what lies beyond the last channel is never read
      float rest[16][LANES];
      for (int i = 0; i < 16; i++) {
        FN(store)(rest[i], FN(load_few)(from[i] + whole, present - whole, end));
        from[i] = rest[i];
      }
      FN(spread_2d)(from, 0, to + whole, stride);
    }
  }
}

static void FN(winograd_accumulate)(
    const ck_winograd *w, const float *x, const float *dy, size_t frequency, int adding,
    float *sums) {
  size_t depth = ck_depth(w), stride = ck_frequency_stride(w), row = ck_gradient_row(w);
  size_t outputs = w->out_channels, out_depth = ck_depth_of(outputs);
  size_t out_stride = ck_stride_of(w, outputs);
  sums += frequency * ck_gradient_stride(w);
  for (size_t output = 0; output < outputs; output += out_depth) {
    size_t rows = outputs - output < out_depth ? outputs - output : out_depth;
    const float *from = dy + (output / out_depth * FREQUENCIES + frequency) * out_stride;
    for (size_t block = 0; block < ck_depth_blocks(w); block++)
      FN(outer_product)(
          rows, depth, w->tiles, from, out_depth, x + (block * FREQUENCIES + frequency) * stride,
          depth, sums + output * row + block * depth, row, adding);
  }
}

static void FN(winograd_weight_gradient)(
    const ck_winograd *w, const float *sums, size_t parts, size_t first, size_t last, float *dw) {
  size_t stride = ck_gradient_stride(w), row = ck_gradient_row(w), channels = w->in_channels;
  float taps[16 * LANES], turned[LANES * 16];
  memset(taps, 0, sizeof taps);
  for (size_t output = first; output < last; output++) {
    for (size_t channel = 0; channel < channels; channel += LANES) {
      const float *from = sums + output * row + channel;
      V half[3][6];
      UNROLL for (int column = 0; column < 6; column++) {
        V u[6], g[3];
        UNROLL for (int i = 0; i < 6; i++) {
          const float *part = from + (size_t)(6 * i + column) * stride;
          u[i] = FN(load)(part);
          for (size_t more = 1; more < parts; more++)
            u[i] += FN(load)(part + more * FREQUENCIES * stride);
        }
        FN(gather_1d)(u, g);
        UNROLL for (int i = 0; i < 3; i++) half[i][column] = g[i];
      }
      UNROLL for (int i = 0; i < 3; i++) {
        V g[3];
        FN(gather_1d)(half[i], g);
        UNROLL for (int j = 0; j < 3; j++) FN(store)(taps + (3 * i + j) * LANES, g[j]);
      }
      for (size_t tap = 0; tap < 9; tap += LANES)
        FN(transpose_square)(taps + tap * LANES, LANES, turned + tap, 16);
      size_t lanes = channels - channel < LANES ? channels - channel : LANES;
      for (size_t lane = 0; lane < lanes; lane++)
        memcpy(
            dw + (output * channels + channel + lane) * 9, turned + lane * 16, 9 * sizeof(float));
    }
  }
}

#undef P
#undef Q
