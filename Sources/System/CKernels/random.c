#include "include/random.h"

#include <string.h>

#include "dispatch.h"
#include "vectormath.h"

void ck_mt_seed(uint32_t *state, uint32_t seed) {
  state[0] = seed;
  for (uint32_t j = 1; j < CK_MT_WORDS; j++)
    state[j] = 1812433253u * (state[j - 1] ^ (state[j - 1] >> 30)) + j;
}

// x[k+624] = x[k+397] ^ twist(x[k], x[k+1])
static inline uint32_t ck_mt_next(uint32_t x0, uint32_t x1, uint32_t x397) {
  uint32_t mixed = (x0 & 0x80000000u) | (x1 & 0x7fffffffu);
  return x397 ^ (mixed >> 1) ^ (-(x1 & 1u) & 0x9908b0dfu);
}

// The recurrence reaches back 624, 623 and 227 words, so runs of up to 227 are independent: each of
// the inner loops below is a plain vector loop.
CK_DISPATCH
void ck_mt_continue(const uint32_t *state, uint32_t *out, size_t n) {
  size_t k = 0;
  for (; k < n && k < 227; k++) out[k] = ck_mt_next(state[k], state[k + 1], state[k + 397]);
  while (k < n && k < 623) {
    size_t end = k + 227 < 623 ? k + 227 : 623;
    if (end > n) end = n;
    const uint32_t *restrict from = out + k - 227;
    uint32_t *restrict to = out + k;
    const uint32_t *restrict old = state + k;
    for (size_t i = 0; i < end - k; i++) to[i] = ck_mt_next(old[i], old[i + 1], from[i]);
    k = end;
  }
  if (k < n) {
    out[k] = ck_mt_next(state[623], out[0], out[396]);
    k++;
  }
  while (k < n) {
    size_t run = n - k < 224 ? n - k : 224;
    const uint32_t *restrict old = out + k - 624;
    const uint32_t *restrict from = out + k - 227;
    uint32_t *restrict to = out + k;
    for (size_t i = 0; i < run; i++) to[i] = ck_mt_next(old[i], old[i + 1], from[i]);
    k += run;
  }
}

static inline uint32_t ck_temper(uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint32_t ck_mt_temper(uint32_t word) { return ck_temper(word); }

CK_DISPATCH
void ck_uniforms_from_raw(float *data, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t word;
    memcpy(&word, data + i, 4);
    data[i] = (float)(int32_t)(ck_temper(word) & 0xffffffu) * 0x1p-24f;
  }
}

CK_DISPATCH
void ck_normals_from_uniforms(float *data, size_t n) {
  // Gathers the two halves of some blocks, so that the arithmetic runs over long vectors.
  enum { BLOCKS = 32, PAIRS = 8 * BLOCKS };
  float u1[PAIRS], u2[PAIRS];
  for (size_t start = 0; start < n; start += 16 * BLOCKS) {
    float *block = data + start;
    size_t blocks = (n - start) / 16 < BLOCKS ? (n - start) / 16 : BLOCKS;
    for (size_t b = 0; b < blocks; b++) {
      memcpy(u1 + 8 * b, block + 16 * b, 32);
      memcpy(u2 + 8 * b, block + 16 * b + 8, 32);
    }
    for (size_t i = 0; i < 8 * blocks; i++) {
      float radius = ck_sqrtf(-2.0f * ck_logf(1.0f - u1[i]));
      float sine, cosine;
      ck_sincosf(6.2831853071795864769f * u2[i], &sine, &cosine);
      u1[i] = radius * cosine;
      u2[i] = radius * sine;
    }
    for (size_t b = 0; b < blocks; b++) {
      memcpy(block + 16 * b, u1 + 8 * b, 32);
      memcpy(block + 16 * b + 8, u2 + 8 * b, 32);
    }
  }
}
