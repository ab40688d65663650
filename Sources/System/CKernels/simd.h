// The vector type of one instruction set. Included by bodies of each_isa.h; no include guard.

typedef float V __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

ALWAYS_INLINE V FN(load)(const float *p) { return *(const V *)p; }
ALWAYS_INLINE void FN(store)(float *p, V v) { *(V *)p = v; }
