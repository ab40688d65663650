// Rows of few channels are taken several at a time, as one row of up to WIDE floats: loops over single
// short rows spend their time on starting and on waiting for the sums of the row before.

#ifndef CKERNELS_WIDE_ROWS_H
#define CKERNELS_WIDE_ROWS_H

#include <stddef.h>
#include <string.h>

enum { WIDE = 128 };

// How many rows make a wide one.
static inline size_t ck_rows_together(size_t channels) {
  return channels > 0 && channels < WIDE ? WIDE / channels : 1;
}

// A vector over channels as one over a wide row: itself, or `times` copies in `wide`.
static inline const float *ck_repeated(
    const float *vector, size_t channels, size_t times, float wide[WIDE]) {
  if (times == 1) return vector;
  for (size_t i = 0; i < times; i++)
    memcpy(wide + i * channels, vector, channels * sizeof(float));
  return wide;
}

// Adds up what was summed over wide rows.
static inline void ck_fold(const float *wide, size_t channels, size_t times, float *sums) {
  for (size_t i = 0; i < times; i++)
    for (size_t c = 0; c < channels; c++) sums[c] += wide[i * channels + c];
}

#endif
