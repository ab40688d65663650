"""Makes math.woff2: the glyphs of a mathematical font that formulas on pages need.

    apt-get download fonts-stix && dpkg -x fonts-stix_1.1.1-4.1_all.deb stix
    pip install fonttools==4.68.0 brotli==1.2.1
    python subset.py stix/usr/share/fonts/opentype/stix-word/STIXMath-Regular.otf

The font is STIX Math 1.1.1 under the SIL Open Font License (OFL.txt). Its name is reserved, so the
subset has a name of its own. The MATH table stays, with the variants and pieces of every glyph that
stretches: it is what lowers subscripts and draws braces over their whole width.
"""

import hashlib
import pathlib
import sys

from fontTools import subset

SOURCE = "ffa86ff85660f452fe916ada2805026bde5b9b0d1e6ffafb5f73972675ecfd40"
NAME = "Inspector Math"


def span(first, last):
    return range(first, last + 1)


CHARACTERS = [
    *span(0x20, 0x7E), *span(0xA0, 0xFF),
    *span(0x300, 0x304), 0x305, 0x307, 0x30C, 0x338, 0x2C6, 0x2D9, 0x2DC,  # accents
    *span(0x391, 0x3A9), *span(0x3B1, 0x3C9), 0x3D1, 0x3D5, 0x3F5,
    *span(0x2009, 0x200B), *span(0x2010, 0x2016), *span(0x2018, 0x201D), 0x202F, 0x2026,
    *span(0x2032, 0x2034), *span(0x2061, 0x2064), 0x2070, *span(0x2074, 0x208E),
    0x2102, 0x210E, 0x2112, 0x2113, 0x2115, 0x211D, 0x2124, 0x2130,  # ℂ ℎ ℒ ℓ ℕ ℝ ℤ ℰ
    *span(0x2190, 0x2194), 0x21A6, 0x21D2, 0x21D4,
    0x2200, *span(0x2202, 0x2209), 0x220F, *span(0x2211, 0x2213), *span(0x2215, 0x221E),
    0x2223, 0x2225, *span(0x2227, 0x222B), 0x223C, 0x2243, 0x2245, 0x2248, 0x2254,
    *span(0x2260, 0x2265), 0x226A, 0x226B, 0x2282, 0x2286, *span(0x2295, 0x2299), 0x22A4, 0x22A5,
    0x22C5, *span(0x22EE, 0x22F1), *span(0x2308, 0x230B), 0x23DE, 0x23DF, 0x27E8, 0x27E9,
    *span(0x1D434, 0x1D467),  # italic Latin, as <mi> asks for
    *span(0x1D49C, 0x1D4CF), *span(0x1D538, 0x1D551),  # script, double-struck
    *span(0x1D6E2, 0x1D71B),  # italic Greek
]


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).with_name("math.woff2")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    if digest != SOURCE:
        sys.exit(f"{source}: expected STIX Math 1.1.1 (SHA-256 {SOURCE}), found {digest}")
    options = subset.Options(
        flavor="woff2", layout_features=[], hinting=False, desubroutinize=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], notdef_outline=True, recalc_timestamp=False)
    font = subset.load_font(source, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    rename(font)
    subset.save_font(font, target, options)
    print(f"{target.name}: {font['maxp'].numGlyphs} glyphs, {target.stat().st_size} bytes")


def rename(font):
    postscript = NAME.replace(" ", "")
    names = {1: NAME, 3: f"{NAME}, a subset of version 1.1.1", 4: NAME, 6: postscript}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]
    top = font["CFF "].cff
    top.fontNames = [postscript]
    top[0].FullName = top[0].FamilyName = NAME


if __name__ == "__main__":
    main()
