#include "include/activations.h"

#include "dispatch.h"
#include "vectormath.h"

CK_DISPATCH
void ck_silu(const float *x, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = x[i] * ck_sigmoidf(x[i]);
}

CK_DISPATCH
void ck_quick_gelu(const float *x, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = x[i] * ck_sigmoidf(1.702f * x[i]);
}

CK_DISPATCH
void ck_gelu(const float *x, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = ck_geluf(x[i]);
}

CK_DISPATCH
void ck_leaky_relu(const float *x, float slope, float *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = x[i] > 0 ? x[i] : slope * x[i];
}

CK_DISPATCH
void ck_geglu(const float *restrict x, float *restrict out, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++) {
    const float *value = x + row * 2 * width, *gate = value + width;
    float *to = out + row * width;
    for (size_t i = 0; i < width; i++) to[i] = value[i] * ck_geluf(gate[i]);
  }
}

CK_DISPATCH
void ck_softmax(const float *x, float *out, size_t rows, size_t width) {
  for (size_t row = 0; row < rows; row++) {
    const float *from = x + row * width;
    float *to = out + row * width;
    int32_t order = ck_order(-INFINITY);
    for (size_t i = 0; i < width; i++)
      order = ck_order(from[i]) > order ? ck_order(from[i]) : order;
    float largest = ck_from_order(order);
    float sum = 0;
    {
      CK_REASSOCIATE
      for (size_t i = 0; i < width; i++) {
        float e = ck_expf(from[i] - largest);
        to[i] = e;
        sum += e;
      }
    }
    float scale = 1.0f / sum;
    for (size_t i = 0; i < width; i++) to[i] *= scale;
  }
}
