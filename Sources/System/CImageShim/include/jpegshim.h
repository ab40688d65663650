// libjpeg-turbo, wrapped so that its errors come back as values.
//
// libjpeg reports errors through a handler that must not return; here it jumps back to a setjmp of
// the same function, so that no jump ever crosses a Swift frame. Nothing here prints.

#ifndef JPEGSHIM_H
#define JPEGSHIM_H

#include <stddef.h>
#include <stdint.h>

/// What a JPEG file holds once its colours are those of a screen.
typedef struct {
  uint32_t width, height;
  int channels;  // 1 grey, 3 RGB
} js_layout;

#define JS_MESSAGE_SIZE 256

/// What came of a call.
typedef enum {
  JS_DONE,
  JS_DAMAGED,      // the file breaks the format
  JS_UNSUPPORTED,  // a sound file of a kind that is not read: 12 bits, lossless, odd channels
} js_status;

typedef struct js_reader js_reader;

/// A reader of a file in memory; `bytes` must outlive it. NULL when there is no memory.
js_reader *js_create(const uint8_t *bytes, size_t count);

/// Reads everything before the pixels.
js_status js_open(js_reader *reader, js_layout *layout, char *message);

/// The APP1 segment number `index`, where Exif and XMP live, or NULL past the last.
const uint8_t *js_app1(const js_reader *reader, size_t index, size_t *count);

/// Reads all rows, interleaved, and checks the file to its end marker. Colours are converted as
/// Pillow does it: libjpeg's own choice of colour space, integer IDCT, smooth upsampling of chroma;
/// inks (CMYK, YCCK) are taken as inverted, as Adobe writes them.
/// `pixels` has room for height * width * channels bytes.
js_status js_read(js_reader *reader, uint8_t *pixels, char *message);

void js_close(js_reader *reader);

/// A file of rows of interleaved RGB: baseline, chroma at half its size, the best Huffman tables,
/// `quality` 1 to 100 as libjpeg counts it. The caller frees it; NULL with a reason in `message`.
uint8_t *js_write(const uint8_t *pixels, uint32_t width, uint32_t height, int quality,
                  size_t *count, char *message);

#endif
