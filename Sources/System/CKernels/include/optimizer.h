// What an optimiser does to parameters after each step.

#ifndef CKERNELS_OPTIMIZER_H
#define CKERNELS_OPTIMIZER_H

#include <stddef.h>

/// The factors of one AdamW step, the same for all parameters; see `ck_adamw`.
typedef struct {
  float gradient_scale;  // what gradients are multiplied with first: clipping
  float keep;            // 1 − learning rate · weight decay
  float beta1, beta2;
  float step;     // learning rate / (1 − β1^n)
  float correct;  // 1 / √(1 − β2^n)
  float epsilon;
} ck_adamw_factors;

/// g ← scale·g;  m ← β1·m + (1−β1)·g;  v ← β2·v + (1−β2)·g²;
/// p ← keep·p − step·m / (√v·correct + ε)                                 arXiv:1711.05101, Alg. 2
void ck_adamw(ck_adamw_factors f, const float *g, float *m, float *v, float *p, size_t n);
/// average ← average + share·(x − average)
void ck_move_towards(const float *x, float share, float *average, size_t n);

#endif
