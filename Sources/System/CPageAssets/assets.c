#include "CPageAssets.h"

// Clang knows #embed of C23 in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

#define ASSET(name) \
  page_asset name(void) { return (page_asset){name##_bytes, sizeof name##_bytes}; }

static const unsigned char page_css_bytes[] = {
#embed "page.css"
};
ASSET(page_css)

static const unsigned char page_js_bytes[] = {
#embed "page.js"
};
ASSET(page_js)

static const unsigned char chart_js_bytes[] = {
#embed "chart.js"
};
ASSET(chart_js)

static const unsigned char scale_js_bytes[] = {
#embed "scale.js"
};
ASSET(scale_js)

static const unsigned char numbers_js_bytes[] = {
#embed "numbers.js"
};
ASSET(numbers_js)

static const unsigned char stage_js_bytes[] = {
#embed "stage.js"
};
ASSET(stage_js)

static const unsigned char math_font_bytes[] = {
#embed "font/math.woff2"
};
ASSET(math_font)

static const unsigned char aggregates_js_bytes[] = {
#embed "panels/aggregates.js"
};
ASSET(aggregates_js)

static const unsigned char attention_css_bytes[] = {
#embed "panels/attention.css"
};
ASSET(attention_css)

static const unsigned char attention_js_bytes[] = {
#embed "panels/attention.js"
};
ASSET(attention_js)

static const unsigned char caption_css_bytes[] = {
#embed "panels/caption.css"
};
ASSET(caption_css)

static const unsigned char caption_js_bytes[] = {
#embed "panels/caption.js"
};
ASSET(caption_js)

static const unsigned char loupe_css_bytes[] = {
#embed "panels/loupe.css"
};
ASSET(loupe_css)

static const unsigned char loupe_js_bytes[] = {
#embed "panels/loupe.js"
};
ASSET(loupe_js)

static const unsigned char maps_js_bytes[] = {
#embed "panels/maps.js"
};
ASSET(maps_js)

static const unsigned char matrix_css_bytes[] = {
#embed "panels/matrix.css"
};
ASSET(matrix_css)

static const unsigned char matrix_js_bytes[] = {
#embed "panels/matrix.js"
};
ASSET(matrix_js)

static const unsigned char particles_css_bytes[] = {
#embed "panels/particles.css"
};
ASSET(particles_css)

static const unsigned char particles_js_bytes[] = {
#embed "panels/particles.js"
};
ASSET(particles_js)

static const unsigned char self_attention_js_bytes[] = {
#embed "panels/self-attention.js"
};
ASSET(self_attention_js)

static const unsigned char symbols_css_bytes[] = {
#embed "panels/symbols.css"
};
ASSET(symbols_css)

static const unsigned char symbols_js_bytes[] = {
#embed "panels/symbols.js"
};
ASSET(symbols_js)

static const unsigned char u_diagram_css_bytes[] = {
#embed "panels/u-diagram.css"
};
ASSET(u_diagram_css)

static const unsigned char u_diagram_js_bytes[] = {
#embed "panels/u-diagram.js"
};
ASSET(u_diagram_js)
