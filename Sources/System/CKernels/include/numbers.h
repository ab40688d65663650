// Numbers as they are stored: float, or of 16 bits, which every float holds exactly.

#ifndef CKERNELS_NUMBERS_H
#define CKERNELS_NUMBERS_H

#include <stddef.h>

typedef enum { CK_FLOAT32, CK_FLOAT16, CK_BFLOAT16 } ck_format;

/// A row of numbers. Those of 16 bits may lie at any byte.
typedef struct {
  const void *base;
  ck_format format;
} ck_numbers;

/// The first `count` as floats. The two must not overlap.
void ck_widen(ck_numbers from, float *to, size_t count);

/// Whether none of the first `count` is NaN or infinite.
int ck_are_finite(ck_numbers numbers, size_t count);

#endif
