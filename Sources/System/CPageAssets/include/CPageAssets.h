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
page_asset scale_js(void);
page_asset numbers_js(void);
page_asset stage_js(void);

// A WOFF2 font for formulas, with a MATH table; its licence is in font/OFL.txt.
page_asset math_font(void);

// Special instruments of single pages: bodies of functions of `element`, `data` and `page`.
page_asset aggregates_js(void);
page_asset attention_css(void);
page_asset attention_js(void);
page_asset caption_css(void);
page_asset caption_js(void);
page_asset loupe_css(void);
page_asset loupe_js(void);
page_asset maps_js(void);
page_asset matrix_css(void);
page_asset matrix_js(void);
page_asset particles_css(void);
page_asset particles_js(void);
page_asset self_attention_js(void);
page_asset symbols_css(void);
page_asset symbols_js(void);
page_asset u_diagram_css(void);
page_asset u_diagram_js(void);

#endif
