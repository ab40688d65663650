// Group and layer normalisation over channels-last rows.

#ifndef CKERNELS_NORMALIZATION_H
#define CKERNELS_NORMALIZATION_H

#include <stddef.h>

/// For each of `channels` columns of a block of `rows` rows, whose stride is `channels`:
/// sums[c] = Σ (x − pivot[c]) and sums[channels + c] = Σ (x − pivot[c])². A pivot near the mean
/// keeps the variance accurate where the mean is large.
void ck_column_sums(
    const float *x, const float *pivot, float *sums, size_t rows, size_t channels);
/// out = x·scale[c] + shift[c], then SiLU when `silu` is not 0.
void ck_scale_columns(
    const float *x, const float *scale, const float *shift, float *out, size_t rows,
    size_t channels, int silu);
/// Each row of `width`: (x − mean)/√(variance + epsilon)·weight + bias.
void ck_layer_norm(
    const float *x, const float *weight, const float *bias, float epsilon, float *out, size_t rows,
    size_t width);

#endif
