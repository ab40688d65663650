// The search of vector quantisation.

#ifndef CKERNELS_CODEBOOK_H
#define CKERNELS_CODEBOOK_H

#include <stddef.h>
#include <stdint.h>

/// For each of `rows` rows z[features], the index of the column of table[features][entries] at the
/// least squared Euclidean distance; the first of several equal ones. Rows with a NaN get 0.
void ck_nearest_codes(
    const float *z, size_t rows, const float *table, size_t entries, size_t features,
    int32_t *nearest);

#endif
