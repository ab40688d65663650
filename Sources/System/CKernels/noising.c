#include "include/noising.h"

#include <math.h>

#include "dispatch.h"
#include "vectormath.h"

CK_DISPATCH
ck_noising_sums ck_noising_step(
    ck_noising_factors f, const float *restrict x0, const float *restrict fresh,
    float *restrict x, float *restrict composed, size_t n) {
  CK_REASSOCIATE
  double sum = 0, squares = 0, distance = 0;
  int32_t residual = 0;
  for (size_t i = 0; i < n; i++) {
    float stepped = f.signal_step * x[i] + f.noise_step * fresh[i];
    float noise = f.composed_keep * composed[i] + f.composed_fresh * fresh[i];
    int32_t gap = ck_order(fabsf(stepped - (f.signal_closed * x0[i] + f.noise_closed * noise)));
    float moved = stepped - x0[i];
    x[i] = stepped;
    composed[i] = noise;
    residual = gap > residual ? gap : residual;
    sum += stepped;
    squares += (double)stepped * stepped;
    distance += (double)moved * moved;
  }
  float largest = ck_from_order(residual);
  ck_noising_sums sums = {isnan(largest) ? INFINITY : largest, sum, squares, distance};
  return sums;
}
