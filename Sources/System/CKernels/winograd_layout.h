// Where winograd.c and winograd_gradient.c keep things. The transformed input is [depth block][frequency][tile][depth]; 16
// floats between frequencies keep their 36 streams out of the same cache sets.

#ifndef CKERNELS_WINOGRAD_LAYOUT_H
#define CKERNELS_WINOGRAD_LAYOUT_H

#include "include/winograd.h"

enum {
  FREQUENCIES = 36,
  STRIP = 16,  // input channels whose weights are transposed at once; depths are multiples of it
  PRODUCT_STRIDE = CK_WINOGRAD_TILES * CK_WINOGRAD_PANEL + 16,
};

static inline size_t ck_tiles_down(const ck_winograd *w) { return (w->out_height + 3) / 4; }
static inline size_t ck_tiles_across(const ck_winograd *w) { return (w->out_width + 3) / 4; }

// One after another, the tiles of a batch of images.
typedef struct {
  size_t across, down;       // tiles of an image
  size_t image, top, left;  // of the tile at hand; its first output pixel
} ck_tile;

static inline ck_tile ck_tile_at(const ck_winograd *w, size_t index) {
  ck_tile t = {.across = ck_tiles_across(w), .down = ck_tiles_down(w)};
  t.image = index / (t.across * t.down);
  t.top = index / t.across % t.down * 4;
  t.left = index % t.across * 4;
  return t;
}

static inline void ck_next_tile(ck_tile *t) {
  t->left += 4;
  if (t->left < 4 * t->across) return;
  t->left = 0;
  t->top += 4;
  if (t->top < 4 * t->down) return;
  t->top = 0;
  t->image++;
}

static inline size_t ck_blocks_of(size_t channels) {
  return (channels + CK_WINOGRAD_DEPTH - 1) / CK_WINOGRAD_DEPTH;
}

// Channels in each block: all the same, a multiple of 16, and the last may be filled up with zeros.
static inline size_t ck_depth_of(size_t channels) {
  size_t blocks = ck_blocks_of(channels);
  return ((channels + blocks - 1) / blocks + 15) / 16 * 16;
}

static inline size_t ck_stride_of(const ck_winograd *w, size_t channels) {
  return w->tiles * ck_depth_of(channels) + 16;
}

// Of bfloat16 factors two channels are taken together, and twice as many in a block: see pairs.h.
static inline size_t ck_together(const ck_winograd *w) { return w->factors == CK_BFLOAT16 ? 2 : 1; }
static inline size_t ck_depth_blocks(const ck_winograd *w) {
  return ck_blocks_of((w->in_channels + ck_together(w) - 1) / ck_together(w));
}
static inline size_t ck_depth(const ck_winograd *w) {
  return ck_together(w) * ck_depth_of((w->in_channels + ck_together(w) - 1) / ck_together(w));
}
// Steps of the products in a block.
static inline size_t ck_steps(const ck_winograd *w) { return ck_depth(w) / ck_together(w); }
static inline size_t ck_frequency_stride(const ck_winograd *w) { return w->tiles * ck_steps(w) + 16; }

// Transformed weights are [panel][depth block][frequency][depth][32].
static inline size_t ck_weight_stride(const ck_winograd *w) {
  return ck_steps(w) * CK_WINOGRAD_PANEL + 16;
}

// The gradient with respect to the transformed weights is [frequency][out channel][in channel].
static inline size_t ck_gradient_row(const ck_winograd *w) {
  return ck_depth_blocks(w) * ck_depth(w);
}
static inline size_t ck_gradient_stride(const ck_winograd *w) {
  return w->out_channels * ck_gradient_row(w) + 16;
}

#endif
