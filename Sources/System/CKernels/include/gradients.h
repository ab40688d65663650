// What flows back through elementwise functions and normalisations.
//
// `dy` is the gradient of some loss with respect to a function's result, `dx` the one with respect
// to its argument. dx may be dy.

#ifndef CKERNELS_GRADIENTS_H
#define CKERNELS_GRADIENTS_H

#include <stddef.h>

/// d/dx x·σ(x)
void ck_silu_gradient(const float *x, const float *dy, float *dx, size_t n);
/// d/dx x·σ(1.702 x)
void ck_quick_gelu_gradient(const float *x, const float *dy, float *dx, size_t n);
/// d/dx x·½(1 + erf(x/√2))
void ck_gelu_gradient(const float *x, const float *dy, float *dx, size_t n);
/// Of value·GELU(gate): rows of 2·width for x and dx, of width for dy; dx is another buffer.
void ck_geglu_gradient(const float *x, const float *dy, float *dx, size_t rows, size_t width);
/// d/dx max(x, slope·x)
void ck_leaky_relu_gradient(const float *x, const float *dy, float slope, float *dx, size_t n);
/// Of a softmax over rows of `width`, from its result p: dx = scale·p·(dy − Σ p·dy).
void ck_softmax_gradient(
    const float *p, const float *dy, float scale, float *dx, size_t rows, size_t width);

/// sums[c] += Σ x over the rows.
void ck_add_columns(const float *x, float *sums, size_t rows, size_t channels);

/// One block of rows of y = f(x·scale[c] + shift[c]), f the identity or SiLU: dz, what flows back to
/// f's argument, and sums[c] = Σ dz, sums[channels + c] = Σ dz·(x − pivot[c]).
void ck_scale_columns_gradient(
    const float *x, const float *scale, const float *shift, const float *pivot, const float *dy,
    float *dz, float *sums, size_t rows, size_t channels, int silu);
/// dx = dz·a[c] + x·b[c] + d[c], in place of dz.
void ck_combine_columns(
    const float *x, const float *a, const float *b, const float *d, float *dz, size_t rows,
    size_t channels);
/// Of layer normalisation; weight_sums[c] += Σ dy·x̂ and bias_sums[c] += Σ dy.
void ck_layer_norm_gradient(
    const float *x, const float *weight, float epsilon, const float *dy, float *dx,
    float *weight_sums, float *bias_sums, size_t rows, size_t width);

#endif
