// Structural similarity along one row of windows.

#ifndef CKERNELS_SIMILARITY_H
#define CKERNELS_SIMILARITY_H

#include <stddef.h>

enum { CK_SIMILARITY_TAPS = 11 };  // pixels on each side of a window

/// What the rows of one comparison have in common.
typedef struct {
  size_t width;                       // of the picture, at least the window's
  double window[CK_SIMILARITY_TAPS];  // its weights in one direction
  double black;                       // is subtracted from every value
  double c1, c2;                      // keep the ratio finite
} ck_similarity;

/// Doubles of scratch memory that `ck_similarity_row` wants.
size_t ck_similarity_scratch_count(const ck_similarity *s);
/// The sum of the similarities of all windows whose first rows begin at `a` and `b`.
double ck_similarity_row(const ck_similarity *s, const float *a, const float *b, double *scratch);

#endif
