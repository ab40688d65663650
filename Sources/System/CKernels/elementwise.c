#include "include/elementwise.h"

#include <math.h>

#include "dispatch.h"
#include "vectormath.h"

CK_DISPATCH
void ck_add(const float *a, const float *b, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

CK_DISPATCH
void ck_subtract(const float *a, const float *b, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = a[i] - b[i];
}

CK_DISPATCH
void ck_multiply(const float *a, const float *b, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = a[i] * b[i];
}

CK_DISPATCH
void ck_scale_offset(const float *a, float alpha, float beta, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = alpha * a[i] + beta;
}

CK_DISPATCH
void ck_axpby(float alpha, const float *a, float beta, const float *b, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = alpha * a[i] + beta * b[i];
}

CK_DISPATCH
void ck_axpby_double(
    double alpha, const float *a, double beta, const float *b, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = (float)(alpha * a[i] + beta * b[i]);
}

CK_DISPATCH
void ck_clamp(const float *a, float low, float high, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float v = a[i] > low ? a[i] : low;
    out[i] = v < high ? v : high;
  }
}

CK_DISPATCH
ck_moments ck_reduce_moments(const float *a, size_t n) {
  CK_REASSOCIATE
  double sum = 0, squares = 0;
  int32_t low = ck_order(INFINITY), high = ck_order(-INFINITY);
  for (size_t i = 0; i < n; i++) {
    double v = a[i];
    sum += v;
    squares += v * v;
    int32_t order = ck_order(a[i]);
    low = order < low ? order : low;
    high = order > high ? order : high;
  }
  ck_moments result = {sum, squares, ck_from_order(low), ck_from_order(high)};
  return result;
}

static inline int32_t ck_is_finite(float value) {
  return (ck_bits(value) & 0x7f800000u) != 0x7f800000u;
}

CK_DISPATCH
ck_weight_moments ck_reduce_weights(const float *a, float pivot, size_t n) {
  CK_REASSOCIATE
  double sum = 0, squares = 0;
  int32_t low = ck_order(INFINITY), high = ck_order(-INFINITY), zeros = 0, finite = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t counts = ck_is_finite(a[i]);
    float value = counts ? a[i] : pivot;
    double v = (double)value - pivot;
    sum += v;
    squares += v * v;
    int32_t order = ck_order(value);
    low = order < low ? order : low;
    high = order > high ? order : high;
    zeros += a[i] == 0;
    finite += counts;
  }
  ck_weight_moments result = {
    sum, squares, ck_from_order(low), ck_from_order(high), (size_t)zeros, n - (size_t)finite};
  return result;
}

CK_DISPATCH
ck_weight_difference ck_compare_weights(const float *a, const float *b, size_t n) {
  CK_REASSOCIATE
  double squares = 0, reference = 0;
  int32_t largest = 0, differing = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t counts = ck_is_finite(a[i]) & ck_is_finite(b[i]);
    float x = counts ? a[i] : 0, y = counts ? b[i] : 0;
    double d = (double)y - x;
    squares += d * d;
    reference += (double)x * x;
    // Numbers of one sign lie in the order of their bits.
    int32_t size = (int32_t)(ck_bits(y - x) & 0x7fffffffu);
    largest = size > largest ? size : largest;
    differing += counts ? x != y : ck_bits(a[i]) != ck_bits(b[i]);
  }
  float max;
  memcpy(&max, &largest, 4);
  ck_weight_difference result = {squares, reference, max, (size_t)differing};
  return result;
}

CK_DISPATCH
double ck_dot(const float *a, const float *b, size_t n) {
  CK_REASSOCIATE
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

CK_DISPATCH
double ck_squared_distance(const float *a, const float *b, size_t n) {
  CK_REASSOCIATE
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double d = (double)a[i] - (double)b[i];
    sum += d * d;
  }
  return sum;
}

CK_DISPATCH
float ck_max_abs_difference(const float *a, const float *b, size_t n) {
  int32_t order = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t d = ck_order(fabsf(a[i] - b[i]));
    order = d > order ? d : order;
  }
  float largest = ck_from_order(order);
  return isnan(largest) ? INFINITY : largest;
}
