// Rows of a softmax for one instruction set. Included by bodies of each_isa.h.
//
// Rows have room for whole vectors: what lies beyond their last score is written.

typedef int32_t FN(integers) __attribute__((vector_size(4 * LANES)));

ALWAYS_INLINE V FN(choose)(FN(integers) mask, V a, V b) {
  return (V)((mask & (FN(integers))a) | (~mask & (FN(integers))b));
}

// Which of the lanes from `first` on lie before `count`: all bits, or none.
ALWAYS_INLINE FN(integers) FN(before)(size_t first, size_t count) {
  FN(integers) lane;
  UNROLL for (int i = 0; i < LANES; i++) lane[i] = i;
  size_t left = count - first;
  return lane < (int32_t)(left < LANES ? left : LANES);
}

// The lanes, each with the one `step` further on.
ALWAYS_INLINE V FN(rotated)(V v, int step) {
  V result;
  UNROLL for (int i = 0; i < LANES; i++) result[i] = v[(i + step) % LANES];
  return result;
}

// The sum of all lanes, in pairs.
ALWAYS_INLINE float FN(total)(V v) {
  UNROLL for (int step = LANES / 2; step > 0; step /= 2) v += FN(rotated)(v, step);
  return v[0];
}

// 2ˣ for x ≤ 0, to 1e-7 relative; 0 below 2⁻¹²⁶.
ALWAYS_INLINE V FN(power_of_two)(V x) {
  // Adding 1.5·2²³ rounds to an integer n, whose low bits are then ready to be an exponent.
  V rounded = x + 12582912.0f, r = x - (rounded - 12582912.0f);
  V p = 1.53533620e-4f * r + 1.33988750e-3f;
  p = p * r + 9.61843692e-3f;
  p = p * r + 5.55033237e-2f;
  p = p * r + 2.40226477e-1f;
  p = p * r + 6.93147182e-1f;
  p = p * r + 1.0f;
  return (V)(((FN(integers))p + ((FN(integers))rounded << 23)) & (x >= -126.0f));
}

// The largest of `count` scores.
static float FN(highest)(const float *x, size_t count) {
  size_t whole = count / LANES * LANES;
  V highest = (V){} - INFINITY;
  for (size_t i = 0; i < whole; i += LANES) {
    V v = FN(load)(x + i);
    highest = FN(choose)(v > highest, v, highest);
  }
  if (whole < count) {
    V v = FN(load)(x + whole);
    highest = FN(choose)(FN(before)(whole, count) & (v > highest), v, highest);
  }
  UNROLL for (int step = LANES / 2; step > 0; step /= 2) {
    V other = FN(rotated)(highest, step);
    highest = FN(choose)(other > highest, other, highest);
  }
  return highest[0];
}

// e^(scale·(x − largest)) in place for the first `count` scores; zeros up to `padded`. Returns the sum.
static float FN(exponentials)(float *x, size_t count, size_t padded, float scale, float largest) {
  size_t whole = count / LANES * LANES;
  float factor = scale * 1.44269504088896341f;
  V sums = {};
  for (size_t i = 0; i < whole; i += LANES) {
    V e = FN(power_of_two)(factor * (FN(load)(x + i) - largest));
    FN(store)(x + i, e);
    sums += e;
  }
  if (whole < count) {
    V e = FN(power_of_two)(factor * (FN(load)(x + whole) - largest));
    e = (V)((FN(integers))e & FN(before)(whole, count));
    FN(store)(x + whole, e);
    sums += e;
  }
  for (size_t i = (count + LANES - 1) / LANES * LANES; i < padded; i += LANES)
    FN(store)(x + i, (V){});
  return FN(total)(sums);
}
