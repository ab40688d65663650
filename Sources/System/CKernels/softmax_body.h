// Rows of a softmax for one instruction set. Included by bodies of each_isa.h.

// e^(scale·(x − max)) in place for the first `count` scores; zeros up to `padded`. Returns the sum.
static float FN(exponentials)(float *x, size_t count, size_t padded, float scale) {
  int32_t order = ck_order(-INFINITY);
  for (size_t i = 0; i < count; i++) order = ck_order(x[i]) > order ? ck_order(x[i]) : order;
  float largest = ck_from_order(order);
  float sum = 0;
  {
    CK_REASSOCIATE
    for (size_t i = 0; i < count; i++) {
      float e = ck_expf(scale * (x[i] - largest));
      x[i] = e;
      sum += e;
    }
  }
  for (size_t i = count; i < padded; i++) x[i] = 0;
  return sum;
}
