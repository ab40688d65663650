#include "include/codebook.h"

#include <math.h>

#include "dispatch.h"

// Entries compared at once: their distances fit in the fastest cache.
#define BLOCK 256

CK_DISPATCH
void ck_nearest_codes(
    const float *z, size_t rows, const float *table, size_t entries, size_t features,
    int32_t *nearest) {
  float distances[BLOCK];
  for (size_t row = 0; row < rows; row++) {
    float best = INFINITY;
    nearest[row] = 0;
    for (size_t first = 0; first < entries; first += BLOCK) {
      size_t count = entries - first < BLOCK ? entries - first : BLOCK;
      for (size_t i = 0; i < count; i++) distances[i] = 0;
      for (size_t f = 0; f < features; f++) {
        float value = z[row * features + f];
        const float *column = table + f * entries + first;
        for (size_t i = 0; i < count; i++) {
          float difference = value - column[i];
          distances[i] += difference * difference;
        }
      }
      for (size_t i = 0; i < count; i++) {
        if (distances[i] < best) {
          best = distances[i];
          nearest[row] = (int32_t)(first + i);
        }
      }
    }
  }
}
