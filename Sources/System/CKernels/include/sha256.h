// SHA-256 (FIPS 180-4), with the processor's own instructions where it has them.

#ifndef CKERNELS_SHA256_H
#define CKERNELS_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t words[8];
  uint64_t bytes;     // how many have been taken in
  uint8_t block[64];  // the first bytes % 64 of these wait for the rest of their block
} ck_sha256_state;

void ck_sha256_start(ck_sha256_state *state);
void ck_sha256_update(ck_sha256_state *state, const void *data, size_t count);

// Leaves the state used up.
void ck_sha256_finish(ck_sha256_state *state, uint8_t digest[32]);

// The loop that every processor runs, for tests of the faster one.
void ck_sha256_blocks_plain(uint32_t words[8], const uint8_t *data, size_t blocks);
// The loop that this processor runs.
void ck_sha256_blocks(uint32_t words[8], const uint8_t *data, size_t blocks);

#endif
