// Pairs of bfloat16 numbers for one instruction set: see pairs.h.

#include "simd.h"

#include "round_body.h"

// Both halves of each lane multiplied and added to the sum.
ALWAYS_INLINE V FN(add_pairs)(V sum, V x, V y) {
#ifdef MULTIPLIES_PAIRS
  typedef __bf16 pairs __attribute__((vector_size(4 * LANES)));
  return __builtin_ia32_dpbf16ps_512(sum, (pairs)x, (pairs)y);
#else
  FN(bits) a = (FN(bits))x, b = (FN(bits))y;
  sum += (V)(a & 0xffff0000) * (V)(b & 0xffff0000);
  return sum + (V)(a << 16) * (V)(b << 16);
#endif
}

#include "gemm_body.h"

static void FN(pair_up)(const float *x, size_t n, float *pairs) {
  size_t whole = n / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES) FN(store_rounded)(pairs + i / 2, FN(load)(x + i));
  if (whole == n) return;
  float rest[LANES] = {0};
  memcpy(rest, x + whole, (n - whole) * sizeof(float));
  FN(store_rounded)(rest, FN(load)(rest));
  memcpy(pairs + whole / 2, rest, (n - whole + 1) / 2 * sizeof(float));
}
