#include "include/convert.h"

#include <stdint.h>
#include <string.h>

#include "dispatch.h"

static inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

// Written with integers, so that every processor vectorises it without a half-precision unit.

CK_DISPATCH
void ck_half_to_float(const void *in, float *out, size_t n) {
  const unsigned char *bytes = in;
  for (size_t i = 0; i < n; i++) {
    uint16_t half;
    memcpy(&half, bytes + 2 * i, 2);
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
    // The exponent bias differs by 112; the product also normalises subnormals.
    uint32_t finite = bits_of(float_of(magnitude) * 0x1p112f);
    uint32_t bits = magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : finite;
    out[i] = float_of(bits | sign);
  }
}

CK_DISPATCH
void ck_float_to_half(const float *in, void *out, size_t n) {
  unsigned char *bytes = out;
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = bits_of(in[i]);
    uint32_t sign = bits >> 16 & 0x8000;
    uint32_t magnitude = bits & 0x7fffffff;
    // Adding half an ulp less one, plus the last kept bit, rounds ties to even; the bias goes from
    // 127 to 15 in the same sum.
    uint32_t normal = (magnitude + 0xc8000fff + (magnitude >> 13 & 1)) >> 13;
    // Below 2⁻¹⁴ the adder itself rounds: 0.5 has the ulp of a half's subnormals.
    uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000;
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
  for (size_t i = 0; i < n; i++) {
    uint16_t upper;
    memcpy(&upper, bytes + 2 * i, 2);
    out[i] = float_of((uint32_t)upper << 16);
  }
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
    uint16_t half;
    memcpy(&half, bytes, 2);
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
    uint32_t finite = bits_of(float_of(magnitude) * 0x1p112f);
    float scale = float_of((magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : finite) | sign);
    const signed char *codes = (const signed char *)bytes + 2;
    for (int i = 0; i < 32; i++) out[i] = scale * (float)codes[i];
  }
}
