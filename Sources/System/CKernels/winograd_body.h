// Winograd F(4×4, 3×3) for one instruction set: see include/winograd.h.

#include "simd.h"

#include "gemm_body.h"
#include "round_body.h"

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

// Where the 36 pixels of a tile are: at rows and columns of fixed distance, or, at an edge, anywhere.
typedef struct {
  const float *corner;
  size_t row, column;
  const float *pixels[36];
} FN(patch);

// BᵀdB of LANES channels of one tile, as floats or as pairs.
ALWAYS_INLINE void FN(input_2d)(
    const FN(patch) *p, int inside, int paired, size_t channel, float *to, size_t stride) {
  V half[6][6];
  UNROLL for (int column = 0; column < 6; column++) {
    V d[6], t[6];
    UNROLL for (int row = 0; row < 6; row++) {
      const float *pixel = inside ? p->corner + row * p->row + column * p->column
                                  : p->pixels[6 * row + column];
      d[row] = FN(load)(pixel + channel);
    }
    FN(input_1d)(d, t);
    UNROLL for (int row = 0; row < 6; row++) half[row][column] = t[row];
  }
  UNROLL for (int row = 0; row < 6; row++) {
    V t[6];
    FN(input_1d)(half[row], t);
    UNROLL for (int column = 0; column < 6; column++) {
      float *at = to + (size_t)(6 * row + column) * stride;
      if (paired)
        FN(store_rounded)(at, t[column]);
      else
        FN(store)(at, t[column]);
    }
  }
}

// One block of channels of one tile; `present` of them exist, and the images end at `end`.
ALWAYS_INLINE void FN(input_tile)(
    const FN(patch) *p, int inside, int paired, size_t present, size_t depth, const float *end,
    float *to, size_t stride) {
  size_t whole = present / LANES * LANES, together = paired ? 2 : 1;
  for (size_t channel = 0; channel < whole; channel += LANES)
    FN(input_2d)(p, inside, paired, channel, to + channel / together, stride);
  if (whole == depth) return;
  float rest[36][LANES];
  FN(patch) filled;
  for (int i = 0; i < 36; i++) {
    const float *pixel =
        inside ? p->corner + i / 6 * p->row + i % 6 * p->column : p->pixels[i];
    FN(store)(rest[i], FN(load_few)(pixel + whole, present - whole, end));
    filled.pixels[i] = rest[i];
  }
  for (size_t channel = whole; channel < depth; channel += LANES) {
    FN(input_2d)(&filled, 0, paired, 0, to + channel / together, stride);
    if (channel == whole && present > whole) memset(rest, 0, sizeof rest);
  }
}

ALWAYS_INLINE void FN(transform_as)(
    const ck_winograd *w, int paired, const float *x, size_t first, size_t last,
    float *transformed) {
  // Pixels outside the image are read here.
  static const float zeros[2 * CK_WINOGRAD_DEPTH + 16] __attribute__((aligned(64)));
  size_t depth = ck_depth(w), stride = ck_frequency_stride(w), channels = w->in_channels;
  size_t size = w->height * w->width * channels;
  const float *end = x + w->batch * size;
  FN(patch) p = {.row = w->width * channels, .column = channels};
  ck_tile t = ck_tile_at(w, w->first_tile + first);
  for (size_t tile = first; tile < last; tile++, ck_next_tile(&t)) {
    const float *image = x + t.image * size;
    // Unsigned: what lies before the image wraps round to far behind it.
    size_t top = t.top - w->top, left = t.left - w->left;
    int inside = top < w->height && top + 5 < w->height && left < w->width && left + 5 < w->width;
    const float *row_at[6];
    for (size_t i = 0; i < 6 && !inside; i++)
      row_at[i] = top + i < w->height ? image + (top + i) * p.row : 0;
    for (size_t start = 0; start < ck_depth_blocks(w) * depth; start += depth) {
      float *to = transformed + start / depth * FREQUENCIES * stride + tile * ck_steps(w);
      size_t present = start >= channels ? 0 : channels - start < depth ? channels - start : depth;
      if (inside) {
        p.corner = image + top * p.row + left * channels + start;
        FN(input_tile)(&p, 1, paired, present, depth, end, to, stride);
        continue;
      }
      for (size_t j = 0; j < 6; j++) {
        size_t offset = (left + j) * channels + start;
        int exists = left + j < w->width;
        UNROLL for (int i = 0; i < 6; i++)
            p.pixels[6 * i + j] = exists && row_at[i] ? row_at[i] + offset : zeros;
      }
      FN(input_tile)(&p, 0, paired, present, depth, end, to, stride);
    }
  }
}

static void FN(winograd_transform)(
    const ck_winograd *w, const float *x, size_t first, size_t last, float *transformed) {
  if (w->factors == CK_BFLOAT16)
    FN(transform_as)(w, 1, x, first, last, transformed);
  else
    FN(transform_as)(w, 0, x, first, last, transformed);
}

// GgGᵀ of one input channel: from [9][32] to 36 rows of 32.
ALWAYS_INLINE void FN(weight_2d)(const float *from, float *to, size_t stride) {
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
          FN(store)(to + (size_t)(6 * row + column) * stride + lane, u[column]);
    }
  }
}

// The same of two channels, as pairs.
ALWAYS_INLINE void FN(weight_pairs_2d)(const float *from, float *to, size_t stride) {
  float both[2][FREQUENCIES * CK_WINOGRAD_PANEL];
  for (int i = 0; i < 2; i++)
    FN(weight_2d)(from + i * 9 * CK_WINOGRAD_PANEL, both[i], CK_WINOGRAD_PANEL);
  for (size_t f = 0; f < FREQUENCIES; f++)
    for (size_t at = f * CK_WINOGRAD_PANEL, lane = 0; lane < CK_WINOGRAD_PANEL; lane += LANES)
      FN(store)(
          to + f * stride + lane,
          FN(paired)(FN(load)(both[0] + at + lane), FN(load)(both[1] + at + lane)));
}

// From [lanes][9] to [9][32], the last of the nine first.
static void FN(mirror)(ck_numbers weight, size_t lanes, float *to) {
  // Squares of LANES are transposed, which reach beyond the ninth column and the last row.
  float rows[CK_WINOGRAD_PANEL * 9 + 16], columns[16 * CK_WINOGRAD_PANEL];
  ck_widen(weight, rows, lanes * 9);
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
    const ck_winograd *w, ck_numbers weight, size_t output, size_t lanes, size_t first,
    size_t depth, float *strip, float *to) {
  size_t channels = w->in_channels;
  for (size_t channel = first; channel < first + depth; channel += STRIP) {
    size_t present = channels <= channel ? 0 : channels - channel < STRIP ? channels - channel : STRIP;
    if (lanes < CK_WINOGRAD_PANEL || present < STRIP)
      memset(strip, 0, STRIP * 9 * CK_WINOGRAD_PANEL * sizeof(float));
    if (w->mirrored) {
      for (size_t i = 0; i < present; i++)
        FN(mirror)(
            ck_numbers_from(weight, ((channel + i) * w->out_channels + output) * 9), lanes,
            strip + i * 9 * CK_WINOGRAD_PANEL);
    } else {
      FN(transpose_stored)(
          ck_numbers_from(weight, (output * channels + channel) * 9), channels * 9, strip,
          CK_WINOGRAD_PANEL, lanes, present * 9);
    }
    for (size_t i = 0; i < STRIP; i += ck_together(w), to += CK_WINOGRAD_PANEL) {
      const float *from = strip + i * 9 * CK_WINOGRAD_PANEL;
      if (w->factors == CK_BFLOAT16)
        FN(weight_pairs_2d)(from, to, ck_weight_stride(w));
      else
        FN(weight_2d)(from, to, ck_weight_stride(w));
    }
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

ALWAYS_INLINE V FN(load_lanes)(const float *p, size_t lanes) {
  return lanes == LANES ? FN(load)(p) : FN(load_few)(p, lanes, p);
}
ALWAYS_INLINE void FN(store_lanes)(float *p, V v, size_t lanes) {
  if (lanes == LANES)
    FN(store)(p, v);
  else
    FN(store_few)(p, v, lanes);
}

// Writes `lanes` channels from `channel` on of one tile to `rows` × `columns` pixels that exist.
ALWAYS_INLINE void FN(write_pixels)(
    const ck_winograd *w, const ck_winograd_operands *o, V y[4][4], const ck_tile *t,
    size_t channel, size_t lanes, size_t rows, size_t columns) {
  V shift = {};
  if (o->bias) shift = FN(load_lanes)(o->bias + t->image * o->bias_stride + channel, lanes);
  size_t corner = (t->image * w->out_height + t->top) * w->out_width + t->left;
  for (size_t row = 0; row < rows; row++) {
    for (size_t column = 0; column < columns; column++) {
      size_t offset = (corner + row * w->out_width + column) * w->out_channels + channel;
      V value = y[row][column] + shift;
      if (o->residual) value += FN(load_lanes)(o->residual + offset, lanes);
      FN(store_lanes)(o->out + offset, value, lanes);
    }
  }
}

// The results of one tile: `channels` of them from `channel` on.
static void FN(write_tile)(
    const ck_winograd *w, const ck_winograd_operands *o, const float *product, const ck_tile *t,
    size_t channel, size_t channels) {
  size_t rows = w->out_height - t->top < 4 ? w->out_height - t->top : 4;
  size_t columns = w->out_width - t->left < 4 ? w->out_width - t->left : 4;
  for (size_t lane = 0; lane < channels; lane += LANES) {
    V y[4][4];
    FN(output_2d)(product + lane, y);
    size_t lanes = channels - lane < LANES ? channels - lane : LANES;
    if (lanes < LANES) {
      FN(write_pixels)(w, o, y, t, channel + lane, lanes, rows, columns);
    } else if (rows == 4 && columns == 4) {
      FN(write_pixels)(w, o, y, t, channel + lane, LANES, 4, 4);
    } else {
      FN(write_pixels)(w, o, y, t, channel + lane, LANES, rows, columns);
    }
  }
}

static void FN(winograd_prepare)(
    const ck_winograd *w, ck_numbers weight, size_t panel, float *prepared) {
  float strip[STRIP * 9 * CK_WINOGRAD_PANEL];
  size_t start = panel * CK_WINOGRAD_PANEL, channels = w->out_channels - start;
  if (channels > CK_WINOGRAD_PANEL) channels = CK_WINOGRAD_PANEL;
  size_t depth = ck_depth(w);
  for (size_t block = 0; block < ck_depth_blocks(w); block++)
    FN(transform_weights)(
        w, weight, start, channels, block * depth, depth, strip,
        prepared + block * FREQUENCIES * ck_weight_stride(w));
}

static void FN(winograd_multiply)(
    const ck_winograd *w, const float *transformed, const ck_winograd_operands *o, size_t panel,
    size_t first, size_t last, float *scratch) {
  size_t depth = ck_depth(w), blocks = ck_depth_blocks(w), stride = ck_frequency_stride(w);
  size_t weight_stride = ck_weight_stride(w), start = panel * CK_WINOGRAD_PANEL;
  size_t steps = ck_steps(w);
  FN(product) multiply = w->factors == CK_BFLOAT16 ? ck_pair_product : FN(panel_product);
  float *products = scratch, *strip = products + FREQUENCIES * PRODUCT_STRIDE;
  float *scratch_weights = strip + STRIP * 9 * CK_WINOGRAD_PANEL;
  size_t channels = w->out_channels - start;
  if (channels > CK_WINOGRAD_PANEL) channels = CK_WINOGRAD_PANEL;
  size_t width = (channels + LANES - 1) / LANES * LANES;
  size_t line = 64 / ck_number_size(o->weight.format);  // weights in a line of the cache
  ck_tile t = ck_tile_at(w, w->first_tile + first);
  for (size_t tile = first; tile < last; tile += CK_WINOGRAD_TILES) {
    size_t tiles = last - tile < CK_WINOGRAD_TILES ? last - tile : CK_WINOGRAD_TILES;
    for (size_t block = 0; block < blocks; block++) {
      const float *weights = scratch_weights;
      if (o->prepared)
        weights = o->prepared + block * FREQUENCIES * weight_stride;
      else if (blocks > 1 || tile == first)
        // With one block the weights of the first tiles serve the others too.
        FN(transform_weights)(
            w, o->weight, start, channels, block * depth, depth, strip, scratch_weights);
      for (size_t f = 0; f < FREQUENCIES; f++) {
        // The weights of the next block come from far away: they are asked for meanwhile.
        if (!o->prepared && block + 1 < blocks && f * line < depth * 9 && !w->mirrored) {
          size_t next = (start * w->in_channels + (block + 1) * depth) * 9 + f * line;
          for (size_t lane = 0; lane < channels; lane++)
            __builtin_prefetch(
                ck_numbers_from(o->weight, next + lane * w->in_channels * 9).base, 0, 2);
        }
        float *product = products + f * PRODUCT_STRIDE;
        multiply(
            tiles, width, steps, transformed + (block * FREQUENCIES + f) * stride + tile * steps,
            steps, weights + f * weight_stride, CK_WINOGRAD_PANEL, product, CK_WINOGRAD_PANEL,
            block > 0 ? product : 0, CK_WINOGRAD_PANEL);
      }
    }
    for (size_t i = 0; i < tiles; i++, ck_next_tile(&t))
      FN(write_tile)(w, o, products + i * CK_WINOGRAD_PANEL, &t, start, channels);
  }
}

#undef P
#undef Q
