#include "jpegshim.h"

#include <stdio.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

// A progressive file may ask for any number of passes over the whole picture; encoders use about
// ten.
#define SCAN_LIMIT 100

struct js_reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf failed;
  char *message;
  js_status status;
  uint8_t *inks;  // one row of CMYK
};

static void give_up(j_common_ptr jpeg) {
  js_reader *reader = jpeg->client_data;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  snprintf(reader->message, JS_MESSAGE_SIZE, "%s", text);
  switch (jpeg->err->msg_code) {
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
    case JERR_COMPONENT_COUNT: reader->status = JS_UNSUPPORTED; break;
    default: reader->status = JS_DAMAGED;
  }
  longjmp(reader->failed, 1);
}

// libjpeg goes on after a warning with pixels that it makes up; those are damage.
static void take_warning(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_JPEG_EOF: give_up(jpeg);
  }
}

static void print_nothing(j_common_ptr jpeg) { (void)jpeg; }

static js_status refuse(js_reader *reader, js_status status, const char *text) {
  snprintf(reader->message, JS_MESSAGE_SIZE, "%s", text);
  return status;
}

static void count_scans(j_common_ptr jpeg) {
  js_reader *reader = jpeg->client_data;
  if (((j_decompress_ptr)jpeg)->input_scan_number <= SCAN_LIMIT) return;
  reader->status = refuse(reader, JS_DAMAGED, "more passes over the picture than any encoder makes");
  longjmp(reader->failed, 1);
}

js_reader *js_create(const uint8_t *bytes, size_t count) {
  js_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  char message[JS_MESSAGE_SIZE];
  reader->message = message;
  reader->jpeg.err = jpeg_std_error(&reader->errors);
  reader->errors.error_exit = give_up;
  reader->errors.emit_message = take_warning;
  reader->errors.output_message = print_nothing;
  reader->jpeg.client_data = reader;
  if (setjmp(reader->failed)) {
    js_close(reader);
    return NULL;
  }
  jpeg_create_decompress(&reader->jpeg);
  reader->progress.progress_monitor = count_scans;
  reader->jpeg.progress = &reader->progress;
  jpeg_mem_src(&reader->jpeg, bytes, count);
  jpeg_save_markers(&reader->jpeg, JPEG_APP0 + 1, 0xFFFF);
  return reader;
}

js_status js_open(js_reader *reader, js_layout *layout, char *message) {
  reader->message = message;
  if (setjmp(reader->failed)) return reader->status;
  jpeg_read_header(&reader->jpeg, TRUE);
  switch (reader->jpeg.num_components) {
    case 1: reader->jpeg.out_color_space = JCS_GRAYSCALE; break;
    case 3: reader->jpeg.out_color_space = JCS_RGB; break;
    case 4: reader->jpeg.out_color_space = JCS_CMYK; break;
    default: return refuse(reader, JS_UNSUPPORTED, "neither grey, colour nor four inks");
  }
  layout->width = reader->jpeg.image_width;
  layout->height = reader->jpeg.image_height;
  layout->channels = reader->jpeg.num_components == 1 ? 1 : 3;
  return JS_DONE;
}

const uint8_t *js_app1(const js_reader *reader, size_t index, size_t *count) {
  const struct jpeg_marker_struct *marker = reader->jpeg.marker_list;
  while (marker && index--) marker = marker->next;
  *count = marker ? marker->data_length : 0;
  return marker ? marker->data : NULL;
}

// a·b / 255 to the nearest.
static int of_255(int a, int b) {
  int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// What is left of white light under the inks, which the file holds as 255 less the ink.
static void lay_inks(const uint8_t *inks, uint8_t *pixels, uint32_t width) {
  for (size_t x = 0; x < width; x++) {
    const int light = inks[4 * x + 3];
    for (int c = 0; c < 3; c++) {
      const int value = light - of_255(255 - inks[4 * x + c], light);
      pixels[3 * x + c] = value < 0 ? 0 : value;
    }
  }
}

static void read_rows(js_reader *reader, uint8_t *pixels) {
  j_decompress_ptr jpeg = &reader->jpeg;
  const int inked = jpeg->out_color_space == JCS_CMYK;
  const size_t row_bytes = (size_t)jpeg->image_width * (jpeg->num_components == 1 ? 1 : 3);
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t *target = pixels + jpeg->output_scanline * row_bytes;
    JSAMPROW row = inked ? reader->inks : target;
    jpeg_read_scanlines(jpeg, &row, 1);
    if (inked) lay_inks(reader->inks, target, jpeg->image_width);
  }
}

js_status js_read(js_reader *reader, uint8_t *pixels, char *message) {
  reader->message = message;
  if (reader->jpeg.out_color_space == JCS_CMYK) {
    reader->inks = malloc(4 * (size_t)reader->jpeg.image_width);
    if (!reader->inks) return refuse(reader, JS_DAMAGED, "out of memory");
  }
  if (setjmp(reader->failed)) return reader->status;
  jpeg_start_decompress(&reader->jpeg);
  read_rows(reader, pixels);
  jpeg_finish_decompress(&reader->jpeg);
  return JS_DONE;
}

void js_close(js_reader *reader) {
  if (!reader) return;
  jpeg_destroy_decompress(&reader->jpeg);
  free(reader->inks);
  free(reader);
}

struct js_writer {
  struct jpeg_error_mgr errors;
  jmp_buf failed;
  char *message;
};

static void give_up_writing(j_common_ptr jpeg) {
  struct js_writer *writer = jpeg->client_data;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  snprintf(writer->message, JS_MESSAGE_SIZE, "%s", text);
  longjmp(writer->failed, 1);
}

uint8_t *js_write(const uint8_t *pixels, uint32_t width, uint32_t height, int quality,
                  size_t *count, char *message) {
  struct js_writer writer = {.message = message};
  struct jpeg_compress_struct jpeg;
  unsigned char *made = NULL;
  unsigned long size = 0;
  jpeg.err = jpeg_std_error(&writer.errors);
  writer.errors.error_exit = give_up_writing;
  writer.errors.output_message = print_nothing;
  jpeg.client_data = &writer;
  if (setjmp(writer.failed)) {
    // What was written so far is lost to us: libjpeg tells of its buffer only at the end.
    jpeg_destroy_compress(&jpeg);
    return NULL;
  }
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, &made, &size);
  jpeg.image_width = width;
  jpeg.image_height = height;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.optimize_coding = TRUE;
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + 3 * (size_t)width * jpeg.next_scanline);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  *count = size;
  return made;
}
