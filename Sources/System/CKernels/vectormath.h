// Elementary functions as branch-free inline arithmetic, so that loops over them vectorise.
//
// Each is accurate to about one unit in the last place over the range that its comment states; the
// tests measure it against double precision.

#ifndef CKERNELS_VECTORMATH_H
#define CKERNELS_VECTORMATH_H

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
