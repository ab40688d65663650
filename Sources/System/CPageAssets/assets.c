#include "CPageAssets.h"

// Clang knows #embed of C23 in every mode.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page_css_bytes[] = {
#embed "page.css"
};

static const unsigned char page_js_bytes[] = {
#embed "page.js"
};

static const unsigned char chart_js_bytes[] = {
#embed "chart.js"
};

static const unsigned char stage_js_bytes[] = {
#embed "stage.js"
};

static const unsigned char math_font_bytes[] = {
#embed "font/math.woff2"
};

page_asset page_css(void) { return (page_asset){page_css_bytes, sizeof page_css_bytes}; }
page_asset page_js(void) { return (page_asset){page_js_bytes, sizeof page_js_bytes}; }
page_asset chart_js(void) { return (page_asset){chart_js_bytes, sizeof chart_js_bytes}; }
page_asset stage_js(void) { return (page_asset){stage_js_bytes, sizeof stage_js_bytes}; }
page_asset math_font(void) { return (page_asset){math_font_bytes, sizeof math_font_bytes}; }
