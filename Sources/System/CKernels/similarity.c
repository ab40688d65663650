#include "include/similarity.h"

#include <string.h>

#include "dispatch.h"

enum { MOMENTS = 4 };  // of a, of b, a² + b², ab

size_t ck_similarity_scratch_count(const ck_similarity *s) { return 2 * MOMENTS * s->width; }

CK_DISPATCH
double ck_similarity_row(const ck_similarity *s, const float *a, const float *b, double *scratch) {
  size_t width = s->width, count = width - CK_SIMILARITY_TAPS + 1;
  double *down = scratch, *along = scratch + MOMENTS * width;
  memset(scratch, 0, 2 * MOMENTS * width * sizeof(double));
  // Down the columns first,
  for (size_t tap = 0; tap < CK_SIMILARITY_TAPS; tap++) {
    double weight = s->window[tap];
    for (size_t x = 0; x < width; x++) {
      double p = a[tap * width + x] - s->black, q = b[tap * width + x] - s->black;
      down[x] += weight * p;
      down[width + x] += weight * q;
      down[2 * width + x] += weight * (p * p + q * q);
      down[3 * width + x] += weight * (p * q);
    }
  }
  // then along the row.
  for (size_t moment = 0; moment < MOMENTS; moment++) {
    double *to = along + moment * width;
    const double *from = down + moment * width;
    for (size_t tap = 0; tap < CK_SIMILARITY_TAPS; tap++) {
      double weight = s->window[tap];
      for (size_t x = 0; x < count; x++) to[x] += weight * from[tap + x];
    }
  }
  for (size_t x = 0; x < count; x++) {
    double ma = along[x], mb = along[width + x];
    double variances = along[2 * width + x] - ma * ma - mb * mb;
    double covariance = along[3 * width + x] - ma * mb;
    down[x] = (2 * ma * mb + s->c1) * (2 * covariance + s->c2)
              / ((ma * ma + mb * mb + s->c1) * (variances + s->c2));
  }
  double total = 0;
  for (size_t x = 0; x < count; x++) total += down[x];
  return total;
}
