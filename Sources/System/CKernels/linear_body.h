// Linear layers for one instruction set: see include/linear.h.

#include "simd.h"

#include "gemm_body.h"
#include "round_body.h"

// A panel of pairs. The numbers of a strip come in the order of the checkpoint; each goes to its half of
// the pair in which the rows of x have it.
static void FN(pack_pairs)(const ck_linear *l, size_t first, size_t present, float *packed) {
  enum { STRIP = 64 };
  float strip[STRIP * CK_LINEAR_PANEL];
  size_t inputs = l->inputs;
  size_t taps = l->window ? l->window->kernel_height * l->window->kernel_width : 1;
  if (present < CK_LINEAR_PANEL) memset(strip, 0, sizeof strip);
  if (inputs % 2) memset(packed + inputs / 2 * CK_LINEAR_PANEL, 0, CK_LINEAR_PANEL * sizeof(float));
  for (size_t start = 0; start < inputs; start += STRIP) {
    size_t count = inputs - start < STRIP ? inputs - start : STRIP;
    FN(transpose_stored)(
        ck_numbers_from(l->weight, first * inputs + start), inputs, strip, CK_LINEAR_PANEL, present,
        count);
    for (size_t i = 0; i < count; i++) {
      size_t row = (start + i) % taps * (inputs / taps) + (start + i) / taps;
      float *to = packed + row / 2 * CK_LINEAR_PANEL;
      UNROLL for (size_t lane = 0; lane < CK_LINEAR_PANEL; lane += LANES) {
        FN(bits) new = FN(rounded)(FN(load)(strip + i * CK_LINEAR_PANEL + lane));
        FN(bits) old = (FN(bits))FN(load)(to + lane);
        FN(store)(
            to + lane, (V)(row % 2 ? (old & 0xffff) | (new & 0xffff0000)
                                   : (old & 0xffff0000) | new >> 16));
      }
    }
  }
}

// The panel of `present` rows of W from `first` on.
static void FN(pack_panel)(const ck_linear *l, size_t first, size_t present, float *packed) {
  if (l->factors == CK_BFLOAT16) return FN(pack_pairs)(l, first, present, packed);
  enum { STRIP = 256 };
  float strip[STRIP * CK_LINEAR_PANEL];
  size_t inputs = l->inputs;
  if (present < CK_LINEAR_PANEL) memset(packed, 0, inputs * CK_LINEAR_PANEL * sizeof(float));
  if (l->transposed) {
    for (size_t i = 0; i < inputs; i++)
      ck_widen(
          ck_numbers_from(l->weight, i * l->outputs + first), packed + i * CK_LINEAR_PANEL,
          present);
    return;
  }
  ck_numbers weight = ck_numbers_from(l->weight, first * inputs);
  size_t taps = l->window ? l->window->kernel_height * l->window->kernel_width : 1;
  if (taps == 1) {
    FN(transpose_stored)(weight, inputs, packed, CK_LINEAR_PANEL, present, inputs);
    return;
  }
  // From [channels][taps], as checkpoints store it, to [taps][channels], as windows are gathered.
  for (size_t start = 0; start < inputs; start += STRIP) {
    size_t count = inputs - start < STRIP ? inputs - start : STRIP;
    FN(transpose_stored)(
        ck_numbers_from(weight, start), inputs, strip, CK_LINEAR_PANEL, present, count);
    for (size_t i = 0; i < count; i++) {
      size_t row = (start + i) % taps * (inputs / taps) + (start + i) / taps;
      memcpy(
          packed + row * CK_LINEAR_PANEL, strip + i * CK_LINEAR_PANEL, present * sizeof(float));
    }
  }
}

static void FN(linear_pack)(const ck_linear *l, size_t first, float *packed) {
  size_t present = l->outputs - first < CK_LINEAR_PANEL ? l->outputs - first : CK_LINEAR_PANEL;
  FN(pack_panel)(l, first, present, packed);
  if (l->gated)
    FN(pack_panel)(l, l->outputs + first, present, packed + ck_steps(l) * CK_LINEAR_PANEL);
}

// Writes what the products of the outputs first..<first + width are added to. A whole panel is worth a loop
// of its own: beside short rows of x, calls and steps of any length would be felt.
static void FN(begin)(const ck_linear *l, size_t row, size_t rows, size_t first, size_t width) {
  if (width == CK_LINEAR_PANEL && l->residual) {
    for (size_t i = row; i < row + rows; i++) {
      size_t at = i * l->outputs + first;
      UNROLL for (size_t c = 0; c < CK_LINEAR_PANEL; c += LANES) {
        V start = FN(load)(l->residual + at + c);
        FN(store)(l->y + at + c, l->bias ? start + FN(load)(l->bias + first + c) : start);
      }
    }
    return;
  }
  for (size_t i = row; i < row + rows; i++) {
    float *to = l->y + i * l->outputs + first;
    if (l->residual) {
      memmove(to, l->residual + i * l->outputs + first, width * sizeof(float));
      if (!l->bias) continue;
      for (size_t c = 0; c < width; c++) to[c] += l->bias[first + c];
    } else if (l->bias) {
      memcpy(to, l->bias + first, width * sizeof(float));
    } else {
      memset(to, 0, width * sizeof(float));
    }
  }
}

// The rows of x, or the windows of the images, as the products read them.
static const float *FN(rows_of)(
    const ck_linear *l, size_t row, size_t last_row, float *copied, float *gathered) {
  if (!l->window) return l->x + row * l->x_stride;
  size_t stride = ck_row_stride(l);
  if (l->factors != CK_BFLOAT16) {
    ck_gather_windows(l->window, l->x, row, last_row, copied, stride);
    return copied;
  }
  for (size_t i = row; i < last_row; i++) {
    ck_gather_windows(l->window, l->x, i, i + 1, gathered, l->inputs);
    ck_pair_up(gathered, l->inputs, copied + (i - row) * stride);
  }
  return copied;
}

// Rows of y where half of the products gates the other half, which is all that is kept of them.
static void FN(gated_rows)(
    const ck_linear *l, size_t row, size_t last_row, size_t first, size_t last, const float *packed,
    float *scratch) {
  enum { BOTH = 2 * CK_LINEAR_PANEL };
  size_t rows = last_row - row, stride = ck_row_stride(l), steps = ck_steps(l);
  size_t blocks = (steps + DEPTH - 1) / DEPTH;
  float *both = scratch, *copied = both + CK_LINEAR_ROWS * BOTH;
  const float *x = FN(rows_of)(l, row, last_row, copied, copied + CK_LINEAR_ROWS * stride);
  FN(product) product = l->factors == CK_BFLOAT16 ? ck_pair_product : FN(panel_product);
  for (size_t output = first; output < last; output += CK_LINEAR_PANEL) {
    size_t width = last - output < CK_LINEAR_PANEL ? last - output : CK_LINEAR_PANEL;
    for (size_t side = 0; side < 2; side++, packed += steps * CK_LINEAR_PANEL) {
      float bias[CK_LINEAR_PANEL] = {0}, *to = both + side * CK_LINEAR_PANEL;
      if (l->bias) memcpy(bias, l->bias + side * l->outputs + output, width * sizeof(float));
      for (size_t block = 0; block < blocks; block++) {
        size_t begin = block * steps / blocks, depth = (block + 1) * steps / blocks - begin;
        product(
            rows, CK_LINEAR_PANEL, depth, x + begin, stride, packed + begin * CK_LINEAR_PANEL,
            CK_LINEAR_PANEL, to, BOTH, block > 0 ? to : bias, block > 0 ? BOTH : 0);
      }
    }
    for (size_t i = 0; i < rows; i++) {
      const float *value = both + i * BOTH, *gate = value + CK_LINEAR_PANEL;
      float *to = l->y + (row + i) * l->outputs + output;
      for (size_t c = 0; c < width; c++) to[c] = value[c] * ck_geluf(gate[c]);
    }
  }
}

static void FN(linear_rows)(
    const ck_linear *l, size_t row, size_t last_row, size_t first, size_t last, const float *packed,
    float *scratch) {
  if (l->gated) return FN(gated_rows)(l, row, last_row, first, last, packed, scratch);
  size_t rows = last_row - row, stride = ck_row_stride(l), steps = ck_steps(l);
  size_t blocks = (steps + DEPTH - 1) / DEPTH;
  float *edge = scratch, *copied = edge + CK_LINEAR_ROWS * CK_LINEAR_PANEL;
  const float *x = FN(rows_of)(l, row, last_row, copied, copied + CK_LINEAR_ROWS * stride);
  FN(product) product = l->factors == CK_BFLOAT16 ? ck_pair_product : FN(panel_product);
  for (size_t block = 0; block < blocks; block++) {
    size_t begin = block * steps / blocks, depth = (block + 1) * steps / blocks - begin;
    for (size_t output = first; output < last; output += CK_LINEAR_PANEL) {
      const float *panel = packed + (output - first) * steps + begin * CK_LINEAR_PANEL;
      size_t width = last - output < CK_LINEAR_PANEL ? last - output : CK_LINEAR_PANEL;
      float *to = l->y + row * l->outputs + output;
      const float *start = to;
      size_t lds = l->outputs;
      if (block == 0 && width == CK_LINEAR_PANEL && !l->residual) {
        start = l->bias ? l->bias + output : 0;
        lds = 0;
      } else if (block == 0) {
        FN(begin)(l, row, rows, output, width);
      }
      if (width == CK_LINEAR_PANEL) {
        product(
            rows, CK_LINEAR_PANEL, depth, x + begin, stride, panel, CK_LINEAR_PANEL, to,
            l->outputs, start, lds);
      } else {
        product(
            rows, (width + LANES - 1) / LANES * LANES, depth, x + begin, stride, panel,
            CK_LINEAR_PANEL, edge, CK_LINEAR_PANEL, 0, 0);
        for (size_t i = 0; i < rows; i++)
          for (size_t c = 0; c < width; c++) to[i * l->outputs + c] += edge[i * CK_LINEAR_PANEL + c];
      }
    }
  }
}

// The products of four rows of W with one row of x.
ALWAYS_INLINE void FN(four_products)(
    ck_format format, const void *w, const float *x, size_t n, float sums[4]) {
  V total[4][2] = {};
  size_t whole = n / (2 * LANES) * (2 * LANES);
  for (size_t i = 0; i < whole; i += 2 * LANES) {
    V low = FN(load)(x + i), high = FN(load)(x + i + LANES);
    UNROLL for (int r = 0; r < 4; r++) {
      total[r][0] += low * FN(load_stored)(format, ck_number_at(format, w, r * n + i));
      total[r][1] += high * FN(load_stored)(format, ck_number_at(format, w, r * n + i + LANES));
    }
  }
  for (int r = 0; r < 4; r++) {
    V both = total[r][0] + total[r][1];
    sums[r] = 0;
    UNROLL for (int lane = 0; lane < LANES; lane++) sums[r] += both[lane];
    for (size_t i = whole; i < n; i++) sums[r] += x[i] * ck_number(format, w, r * n + i);
  }
}

ALWAYS_INLINE void FN(few_as)(ck_format format, const ck_linear *l, size_t first, size_t last) {
  for (size_t output = first; output < last; output += 4) {
    const void *w = ck_number_at(format, l->weight.base, output * l->inputs);
    size_t present = last - output < 4 ? last - output : 4;
    for (size_t row = 0; row < l->rows; row++) {
      const float *x = l->x + row * l->inputs;
      float *to = l->y + row * l->outputs + output, sums[4];
      if (present == 4) {
        FN(four_products)(format, w, x, l->inputs, sums);
      } else {
        for (size_t r = 0; r < present; r++) {
          sums[r] = 0;
          for (size_t i = 0; i < l->inputs; i++)
            sums[r] += x[i] * ck_number(format, w, r * l->inputs + i);
        }
      }
      for (size_t r = 0; r < present; r++) to[r] += sums[r];
    }
  }
}

static void FN(linear_few)(const ck_linear *l, size_t first, size_t last) {
  FN(begin)(l, 0, l->rows, first, last - first);
  switch (l->weight.format) {
    case CK_FLOAT32: FN(few_as)(CK_FLOAT32, l, first, last); break;
    case CK_FLOAT16: FN(few_as)(CK_FLOAT16, l, first, last); break;
    case CK_BFLOAT16: FN(few_as)(CK_BFLOAT16, l, first, last); break;
  }
}
