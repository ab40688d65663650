// The style, the scripts and the mathematical font of every page, compiled in, so that a command needs no file beside it.

#ifndef CPAGEASSETS_H
#define CPAGEASSETS_H

#include <stddef.h>

// Bytes that live as long as the program.
typedef struct {
  const unsigned char *_Nonnull bytes;
  size_t count;
} page_asset;

page_asset page_css(void);
page_asset page_js(void);
page_asset chart_js(void);
page_asset stage_js(void);

// A WOFF2 font for formulas, with a MATH table; its licence is in font/OFL.txt.
page_asset math_font(void);

#endif
