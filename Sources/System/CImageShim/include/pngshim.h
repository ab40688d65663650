// libpng, wrapped so that its errors come back as values.
//
// libpng reports errors by longjmp, which must never cross a Swift frame. Every libpng call is made
// here, under a setjmp of the same function; the caller sees a status and a message. Nothing here
// prints, and nothing allocates in proportion to a header that has not been checked.

#ifndef PNGSHIM_H
#define PNGSHIM_H

#include <stddef.h>
#include <stdint.h>

/// What a PNG file holds once palettes, sub-byte greys and transparency keys are expanded.
typedef struct {
  uint32_t width, height;
  int channels;  // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  int depth;     // bits per channel: 8 or 16
} ps_layout;

#define PS_MESSAGE_SIZE 128

typedef struct ps_reader ps_reader;

/// Reads everything before the pixels. Chunks that do not change pixels are skipped, gamma and
/// colour profiles among them. `bytes` must outlive the reader.
/// Returns NULL with a message when that fails.
ps_reader *ps_open(const uint8_t *bytes, size_t count, ps_layout *layout, char *message);

/// Reads all rows, interleaved, 16-bit values in the machine's byte order, and checks the file to
/// its end. `pixels` has room for height * width * channels * depth / 8 bytes.
/// Returns 1, or 0 with a message.
int ps_read(ps_reader *reader, void *pixels, char *message);

void ps_close(ps_reader *reader);

/// A PNG file to write, in the terms of the PNG specification.
typedef struct {
  uint32_t width, height;
  int color_type, depth, interlaced;
  const uint8_t *rows;            // packed as the format packs them, 16-bit values big-endian
  size_t row_bytes;
  const uint8_t *palette;         // RGB triples, or NULL
  int palette_count;
  const uint8_t *palette_alpha;   // one alpha per palette entry from the first on, or NULL
  int palette_alpha_count;
  const uint16_t *key;            // the transparent grey (1 value) or RGB (3 values), or NULL
} ps_picture;

/// Writes a whole file into memory that the caller frees with free().
/// Returns NULL with a message when that fails.
uint8_t *ps_write(const ps_picture *picture, size_t *count, char *message);

#endif
