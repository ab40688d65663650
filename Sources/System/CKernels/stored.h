// Single numbers of 16 bits as floats, and where they lie.

#ifndef CKERNELS_STORED_H
#define CKERNELS_STORED_H

#include <stdint.h>
#include <string.h>

#include "include/numbers.h"

static inline float ck_float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static inline uint32_t ck_bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

// Written with integers, so that every processor vectorises it without a half-precision unit.
static inline float ck_half(const void *at) {
  uint16_t half;
  memcpy(&half, at, 2);
  uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
  // The exponent bias differs by 112; the product also normalises subnormals.
  uint32_t finite = ck_bits_of(ck_float_of(magnitude) * 0x1p112f);
  uint32_t bits = magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : finite;
  return ck_float_of(bits | sign);
}

static inline float ck_bfloat16(const void *at) {
  uint16_t upper;
  memcpy(&upper, at, 2);
  return ck_float_of((uint32_t)upper << 16);
}

static inline size_t ck_number_size(ck_format format) { return format == CK_FLOAT32 ? 4 : 2; }

static inline const void *ck_number_at(ck_format format, const void *base, size_t index) {
  return (const unsigned char *)base + index * ck_number_size(format);
}

// One of them as a float.
static inline float ck_number(ck_format format, const void *base, size_t index) {
  const void *at = ck_number_at(format, base, index);
  if (format == CK_FLOAT16) return ck_half(at);
  if (format == CK_BFLOAT16) return ck_bfloat16(at);
  return *(const float *)at;
}

// The numbers from `index` on.
static inline ck_numbers ck_numbers_from(ck_numbers n, size_t index) {
  return (ck_numbers){ck_number_at(n.format, n.base, index), n.format};
}

#endif
