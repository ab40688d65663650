#include "include/noising.h"

#include <math.h>

#include "dispatch.h"

CK_DISPATCH
ck_noising_sums ck_noising_step(
    ck_noising_factors f, const float *restrict x0, const float *restrict fresh,
    float *restrict x, float *restrict composed, size_t n) {
  CK_REASSOCIATE
  double sum = 0, squares = 0, distance = 0;
  float residual = 0;
  int broken = 0;
  for (size_t i = 0; i < n; i++) {
    float stepped = f.signal_step * x[i] + f.noise_step * fresh[i];
    float noise = f.composed_keep * composed[i] + f.composed_fresh * fresh[i];
    float gap = fabsf(stepped - (f.signal_closed * x0[i] + f.noise_closed * noise));
    float moved = stepped - x0[i];
    x[i] = stepped;
    composed[i] = noise;
    residual = gap > residual ? gap : residual;
    broken |= !(gap == gap);
    sum += stepped;
    squares += (double)stepped * stepped;
    distance += (double)moved * moved;
  }
  ck_noising_sums sums = {broken ? INFINITY : residual, sum, squares, distance};
  return sums;
}
