// Activations and softmax.

#ifndef CKERNELS_ACTIVATIONS_H
#define CKERNELS_ACTIVATIONS_H

#include <stddef.h>

/// x·σ(x)
void ck_silu(const float *x, float *out, size_t n);
/// x·σ(1.702 x)
void ck_quick_gelu(const float *x, float *out, size_t n);
/// x·½(1 + erf(x/√2))
void ck_gelu(const float *x, float *out, size_t n);
/// max(x, slope·x)
void ck_leaky_relu(const float *x, float slope, float *out, size_t n);
/// Rows of 2·width: out = first half · GELU(second half); `out` is another buffer.
void ck_geglu(const float *x, float *out, size_t rows, size_t width);
/// Each row of `width`: e^(x − max) / Σ e^(x − max).
void ck_softmax(const float *x, float *out, size_t rows, size_t width);

#endif
