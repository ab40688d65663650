#include "include/convert.h"

#include "dispatch.h"
#include "stored.h"

CK_DISPATCH
void ck_half_to_float(const void *in, float *out, size_t n) {
  const unsigned char *bytes = in;
  for (size_t i = 0; i < n; i++) out[i] = ck_half(bytes + 2 * i);
}

CK_DISPATCH
void ck_float_to_half(const float *in, void *out, size_t n) {
  unsigned char *bytes = out;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = ck_bits_of(in[i]);
    uint32_t sign = bits >> 16 & 0x8000;
    uint32_t magnitude = bits & 0x7fffffff;
    // Adding half an ulp less one, plus the last kept bit, rounds ties to even; the bias goes from
    // 127 to 15 in the same sum.
    uint32_t normal = (magnitude + 0xc8000fff + (magnitude >> 13 & 1)) >> 13;
    // Below 2⁻¹⁴ the adder itself rounds: 0.5 has the ulp of a half's subnormals.
    uint32_t subnormal = ck_bits_of(ck_float_of(magnitude) + 0.5f) - 0x3f000000;
    uint32_t special = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    uint32_t result = magnitude >= 0x477ff000 ? special : normal;
    result = magnitude < 0x38800000 ? subnormal : result;
    uint16_t half = (uint16_t)(result | sign);
    memcpy(bytes + 2 * i, &half, 2);
  }
}

CK_DISPATCH
void ck_bfloat16_to_float(const void *in, float *out, size_t n) {
  const unsigned char *bytes = in;
  for (size_t i = 0; i < n; i++) out[i] = ck_bfloat16(bytes + 2 * i);
}

CK_DISPATCH
void ck_double_to_float(const void *in, float *out, size_t n) {
  const unsigned char *bytes = in;
  for (size_t i = 0; i < n; i++) {
    double value;
    memcpy(&value, bytes + 8 * i, 8);
    out[i] = (float)value;
  }
}

CK_DISPATCH
void ck_q8_to_float(const void *in, float *out, size_t blocks) {
  const unsigned char *bytes = in;
  for (size_t block = 0; block < blocks; block++, bytes += 34, out += 32) {
    float scale = ck_half(bytes);
    const signed char *codes = (const signed char *)bytes + 2;
    for (int i = 0; i < 32; i++) out[i] = scale * (float)codes[i];
  }
}

CK_DISPATCH
int ck_halves_are_finite(const void *in, size_t n, uint16_t infinity) {
  const unsigned char *bytes = in;
  uint16_t largest = 0;
  for (size_t i = 0; i < n; i++) {
    uint16_t magnitude;
    memcpy(&magnitude, bytes + 2 * i, 2);
    magnitude &= 0x7fff;
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest < infinity;
}

CK_DISPATCH
int ck_floats_are_finite(const float *in, size_t n) {
  uint32_t largest = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t magnitude = ck_bits_of(in[i]) & 0x7fffffff;
    largest = magnitude > largest ? magnitude : largest;
  }
  return largest < 0x7f800000;
}

int ck_are_finite(ck_numbers numbers, size_t count) {
  switch (numbers.format) {
    case CK_FLOAT16: return ck_halves_are_finite(numbers.base, count, 0x7c00);
    case CK_BFLOAT16: return ck_halves_are_finite(numbers.base, count, 0x7f80);
    case CK_FLOAT32: break;
  }
  return ck_floats_are_finite(numbers.base, count);
}

void ck_widen(ck_numbers from, float *to, size_t count) {
  switch (from.format) {
    case CK_FLOAT32: memcpy(to, from.base, count * sizeof(float)); break;
    case CK_FLOAT16: ck_half_to_float(from.base, to, count); break;
    case CK_BFLOAT16: ck_bfloat16_to_float(from.base, to, count); break;
  }
}
