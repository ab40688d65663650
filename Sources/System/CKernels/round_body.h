// Rounding to bfloat16 for one instruction set, to nearest and ties to even, as vcvtneps2bf16 does it;
// subnormals are kept. Included by bodies of each_isa.h.

typedef uint32_t FN(bits) __attribute__((vector_size(4 * LANES)));

// The rounded numbers in the upper halves, with anything in the lower ones. Infinity and the processor's
// own NaN stay what they are.
ALWAYS_INLINE FN(bits) FN(rounded)(V v) {
  FN(bits) b = (FN(bits))v;
  return b + 0x7fff + (b >> 16 & 1);
}

// Two rows' numbers as pairs.
ALWAYS_INLINE V FN(paired)(V first, V second) {
  return (V)((FN(rounded)(second) & 0xffff0000) | FN(rounded)(first) >> 16);
}

// LANES numbers next to each other, as LANES / 2 pairs.
ALWAYS_INLINE void FN(store_rounded)(float *p, V v) {
  typedef uint16_t halves __attribute__((vector_size(2 * LANES), aligned(4), may_alias));
  *(halves *)p = __builtin_convertvector(FN(rounded)(v) >> 16, halves);
}
