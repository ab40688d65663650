// One step of the forward diffusion chain, fused: the chain, its composed noise and their check.

#ifndef CKERNELS_NOISING_H
#define CKERNELS_NOISING_H

#include <stddef.h>

/// The factors of one step; see `ck_noising_step`.
typedef struct {
  float signal_step;     // √α_t
  float noise_step;      // √β_t
  float composed_keep;   // what the earlier composed noise keeps
  float composed_fresh;  // what the fresh noise adds to it
  float signal_closed;   // √ᾱ_t
  float noise_closed;    // √(1−ᾱ_t)
} ck_noising_factors;

/// What `ck_noising_step` saw: max |x − closed|, Σx, Σx², Σ(x − x0)².
typedef struct {
  double residual;
  double sum;
  double sum_of_squares;
  double squared_distance;
} ck_noising_sums;

/// One pass over n floats:
///     x        ← signal_step·x + noise_step·fresh                   the iterated chain
///     composed ← composed_keep·composed + composed_fresh·fresh      all noise so far as one ε
///     closed   =  signal_closed·x0 + noise_closed·composed          the jump, compared with x
/// A NaN in x or in the closed form makes `residual` infinite.
ck_noising_sums ck_noising_step(
    ck_noising_factors f, const float *x0, const float *fresh, float *x, float *composed, size_t n);

#endif
