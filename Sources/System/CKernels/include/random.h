// The random numbers of PyTorch on a CPU: MT19937, uniforms and Box-Muller normals.
//
// M. Matsumoto, T. Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998); G. Box, M. Muller, "A note on
// the generation of random normal deviates", Ann. Math. Stat. 29 (1958).

#ifndef CKERNELS_RANDOM_H
#define CKERNELS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { CK_MT_WORDS = 624 };

/// Fills `state` from a 32-bit seed (init_genrand of the reference implementation).
void ck_mt_seed(uint32_t *state, uint32_t seed);
/// Writes the n words x[0..<n] that follow the 624 words `state` in the generator's recurrence, not
/// yet tempered. `out` and `state` must not overlap; `state` is not changed.
void ck_mt_continue(const uint32_t *state, uint32_t *out, size_t n);
/// Tempers one word of the recurrence: what a caller of the generator sees.
uint32_t ck_mt_temper(uint32_t word);

/// In place: raw words of the recurrence become uniform floats (tempered & (2²⁴−1))·2⁻²⁴ in [0, 1).
void ck_uniforms_from_raw(float *data, size_t n);
/// In place, n a multiple of 16: uniforms become standard normals. In each block of 16, with j < 8,
/// u1 = 1 − d[j] and u2 = d[j+8]:  d[j] = √(−2 ln u1)·cos 2πu2,  d[j+8] = √(−2 ln u1)·sin 2πu2.
void ck_normals_from_uniforms(float *data, size_t n);

#endif
