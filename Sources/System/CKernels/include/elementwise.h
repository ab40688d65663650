// Elementwise arithmetic and reductions over n floats.

#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include <stddef.h>

void ck_add(const float *a, const float *b, float *out, size_t n);
void ck_subtract(const float *a, const float *b, float *out, size_t n);
void ck_multiply(const float *a, const float *b, float *out, size_t n);
/// out = alpha·a + beta
void ck_scale_offset(const float *a, float alpha, float beta, float *out, size_t n);
/// out = alpha·a + beta·b: the shape of every step in diffusion.
void ck_axpby(float alpha, const float *a, float beta, const float *b, float *out, size_t n);
/// The same in double, rounded once: where the two parts nearly cancel.
void ck_axpby_double(
    double alpha, const float *a, double beta, const float *b, float *out, size_t n);
/// out = min(max(a, low), high); NaN becomes low.
void ck_clamp(const float *a, float low, float high, float *out, size_t n);

/// Σa and Σa² accumulated in double, min and max; a NaN among the elements is a min or a max.
typedef struct {
  double sum;
  double sum_of_squares;
  float min;
  float max;
} ck_moments;
ck_moments ck_reduce_moments(const float *a, size_t n);
/// What a checkpoint's numbers are like: Σ(a−pivot) and Σ(a−pivot)² of the finite ones in double, their
/// min and max, how many are 0 and how many are not finite. What is not finite counts as the pivot,
/// which must be finite. n < 2³¹.
typedef struct {
  double sum;
  double sum_of_squares;
  float min;
  float max;
  size_t zeros;
  size_t not_finite;
} ck_weight_moments;
ck_weight_moments ck_reduce_weights(const float *a, float pivot, size_t n);
/// How far b is from a where both are finite: Σ(b−a)², Σa² in double and max |b−a|; and how many differ,
/// those that are not finite by their bits. n < 2³¹.
typedef struct {
  double squares;
  double reference_squares;
  float max;
  size_t differing;
} ck_weight_difference;
ck_weight_difference ck_compare_weights(const float *a, const float *b, size_t n);
/// Σ a·b in double.
double ck_dot(const float *a, const float *b, size_t n);
/// Σ (a−b)² in double.
double ck_squared_distance(const float *a, const float *b, size_t n);
/// max |a−b|; NaN in either gives +infinity.
float ck_max_abs_difference(const float *a, const float *b, size_t n);

#endif
