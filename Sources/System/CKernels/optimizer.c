#include "include/optimizer.h"

#include "dispatch.h"
#include "vectormath.h"

CK_DISPATCH
void ck_adamw(
    ck_adamw_factors f, const float *restrict g, float *restrict m, float *restrict v,
    float *restrict p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float gradient = f.gradient_scale * g[i];
    m[i] += (1.0f - f.beta1) * (gradient - m[i]);
    v[i] = f.beta2 * v[i] + (1.0f - f.beta2) * gradient * gradient;
    p[i] = f.keep * p[i] - f.step * m[i] / (ck_sqrtf(v[i]) * f.correct + f.epsilon);
  }
}

CK_DISPATCH
void ck_move_towards(const float *restrict x, float share, float *restrict average, size_t n) {
  for (size_t i = 0; i < n; i++) average[i] += share * (x[i] - average[i]);
}
