// Number formats of stored weights, to and from float. Input and output must not overlap; the stored
// side may lie at any byte.

#ifndef CKERNELS_CONVERT_H
#define CKERNELS_CONVERT_H

#include <stddef.h>
#include <stdint.h>

/// IEEE binary16, exactly; subnormals, infinities and NaN included.
void ck_half_to_float(const void *in, float *out, size_t n);
/// Rounds to nearest, ties to even; too large becomes infinity.
void ck_float_to_half(const float *in, void *out, size_t n);
/// bfloat16, exactly: the upper half of a float.
void ck_bfloat16_to_float(const void *in, float *out, size_t n);
void ck_double_to_float(const void *in, float *out, size_t n);
/// Blocks of 34 bytes, ggml's Q8_0: a binary16 scale, then 32 whole numbers of 8 bits that it multiplies.
void ck_q8_to_float(const void *in, float *out, size_t blocks);
/// Whether all numbers of 16 bits are, without their sign, below that of infinity; likewise floats.
int ck_halves_are_finite(const void *in, size_t n, uint16_t infinity);
int ck_floats_are_finite(const float *in, size_t n);

#endif
