// Elementary functions as branch-free inline arithmetic, so that loops over them vectorise.
//
// Each is accurate to about one unit in the last place over the range that its comment states; the
// tests measure it against double precision.

#ifndef CKERNELS_VECTORMATH_H
#define CKERNELS_VECTORMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define CK_INLINE static inline __attribute__((always_inline))

CK_INLINE uint32_t ck_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

CK_INLINE float ck_from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/// An integer that orders as the float does, so that the search for an extreme vectorises. A NaN is
/// beyond the infinity of its sign: it is found, not skipped.
CK_INLINE int32_t ck_order(float x) {
  int32_t bits = (int32_t)ck_bits(x);
  return bits ^ (bits >> 31 & 0x7fffffff);
}

/// The float that `ck_order` maps to `order`.
CK_INLINE float ck_from_order(int32_t order) {
  return ck_from_bits((uint32_t)(order ^ (order >> 31 & 0x7fffffff)));
}

/// √x without errno, which would keep a loop scalar.
CK_INLINE float ck_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }

/// ln x for normal positive x.
CK_INLINE float ck_logf(float x) {
  // x = 2^e · m with m in [√½, √2), so that ln m stays small and keeps its relative accuracy near 1.
  uint32_t shifted = ck_bits(x) - 0x3f3504f3u;
  float e = (float)((int32_t)shifted >> 23);
  float t = ck_from_bits((shifted & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  // ln(1+t) = t − t²/2 + t³·p(t)
  float p = 6.9179904871e-2f;
  p = p * t + -1.1779678157e-1f;
  p = p * t + 1.1866038155e-1f;
  p = p * t + -1.2385796966e-1f;
  p = p * t + 1.4219918038e-1f;
  p = p * t + -1.6669197511e-1f;
  p = p * t + 2.0002151431e-1f;
  p = p * t + -2.4999986876e-1f;
  p = p * t + 3.3333311833e-1f;
  float square = t * t;
  float tail = t * square * p;
  tail += e * -2.12194440e-4f;
  tail -= 0.5f * square;
  return (t + tail) + e * 0.693359375f;
}

/// eˣ: 0 below −87.3, where the result would be subnormal, and e^88 above 88; NaN stays NaN.
CK_INLINE float ck_expf(float x) {
  float limited = x > 88.0f ? 88.0f : x;
  // Adding 1.5·2²³ rounds to an integer n, whose low bits are then ready to be an exponent.
  float rounded = limited * 1.44269504088896341f + 12582912.0f;
  float n = rounded - 12582912.0f;
  // r = x − n·ln 2, in two parts; eʳ = 1 + r + r²·p(r)
  float r = (limited - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9790249022e-4f;
  p = p * r + 1.3944759455e-3f;
  p = p * r + 8.3334976692e-3f;
  p = p * r + 4.1666293621e-2f;
  p = p * r + 1.6666665865e-1f;
  p = p * r + 5.0000000680e-1f;
  p = r + r * r * p;
  float scale = ck_from_bits((ck_bits(rounded) << 23) + 0x3f800000u);
  float result = scale + scale * p;
  return x < -87.3f ? 0.0f : result;
}

/// Of the standard normal distribution at x: Φ, its cumulative probability, and φ, its density; both to
/// 1e-7.
CK_INLINE void ck_normal(float x, float *cumulative, float *density) {
  float power = ck_expf(-0.5f * x * x);
  // Φ(−|x|) = ½·e^(−x²/2)·t·p(t)
  float t = 1.0f / (1.0f + 3.8890872965e-1f * fabsf(x));
  float p = 1.0732478434e-1f;
  p = p * t + -5.1803943413e-1f;
  p = p * t + 7.5971618470e-1f;
  p = p * t + -4.1427455354e-2f;
  p = p * t + 3.9084256550e-1f;
  p = p * t + 3.0158337187e-1f;
  float tail = 0.5f * power * (t * p);
  *cumulative = x < 0 ? tail : 1.0f - tail;
  *density = 3.9894228040e-1f * power;
}

/// x·Φ(x)
CK_INLINE float ck_geluf(float x) {
  float cumulative, density;
  ck_normal(x, &cumulative, &density);
  return x * cumulative;
}

/// 1 / (1 + e^(−x))
CK_INLINE float ck_sigmoidf(float x) { return 1.0f / (1.0f + ck_expf(-x)); }

/// sin x and cos x for |x| up to about 1000.
CK_INLINE void ck_sincosf(float x, float *sine, float *cosine) {
  float q = __builtin_elementwise_roundeven(x * 0.636619772367581343f);
  int32_t quadrant = (int32_t)q;
  // x − q·π/2 with π/2 in three parts, the first two exact in products with small q.
  float y = ((x - q * 1.5703125f) - q * 4.837512969970703125e-4f) - q * 7.54978995489188216e-8f;
  float z = y * y;
  float s = -1.9514082995e-4f;
  s = s * z + 8.3321550362e-3f;
  s = s * z + -1.6666654590e-1f;
  float c = 2.4434843393e-5f;
  c = c * z + -1.3887337058e-3f;
  c = c * z + 4.1666646268e-2f;
  s = y + y * z * s;
  c = 1.0f - 0.5f * z + z * z * c;
  float first = quadrant & 1 ? c : s;
  float second = quadrant & 1 ? s : c;
  *sine = quadrant & 2 ? -first : first;
  *cosine = (quadrant + 1) & 2 ? -second : second;
}

#endif
