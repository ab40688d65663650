#!/bin/sh
# An attention map enlarged with scipy lies up to half a cell beside the picture.
#
# scipy 1.17.1, beside Pillow 13.0.0. A map of 16×16 cells is laid over a picture of 512×512 pixels, and one would
# guess that ndimage.zoom(map, 32) puts each cell over its own 32 pixels, as image libraries do. It puts the first
# cell's middle on the first pixel and the last cell's on the last: what attends to a cell near the edge is shown up to
# 16 pixels further out, and what is in the middle is right. Its cubic splines go below zero beside a peak, so that
# a map of weights is negative in places. grid_mode=True with mode="grid-constant" or "nearest" lays it right.
#
# Seen on 2026-11-30, one cell of weight 1, the middle of what is above zero in pixels, and the smallest number:
#   Pillow, bilinear: cell 1 at 47.5, cell 7 at 239.5, smallest 0.00
#   scipy, order=1: cell 1 at 34.1, cell 7 at 238.5, smallest 0.00
#   scipy: cell 1 at 38.0, cell 7 at 238.5, smallest -0.14
#   scipy, order=1, grid_mode: cell 1 at 47.5, cell 7 at 239.5, smallest 0.00
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1 pillow==13.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy
from PIL import Image
from scipy.ndimage import zoom

ways = {
    "Pillow, bilinear": lambda cells: numpy.asarray(Image.fromarray(cells).resize((512, 512), Image.BILINEAR)),
    "scipy, order=1": lambda cells: zoom(cells, 32, order=1),
    "scipy": lambda cells: zoom(cells, 32),
    "scipy, order=1, grid_mode": lambda cells: zoom(cells, 32, order=1, grid_mode=True, mode="nearest"),
}
seen = {}
for name, way in ways.items():
    for cell in (1, 7):
        cells = numpy.zeros((16, 16), numpy.float32)
        cells[8, cell] = 1
        large = way(cells)
        line = numpy.maximum(large.sum(0), 0)
        seen[name, cell] = float((line * numpy.arange(512)).sum() / line.sum())
        lowest = float(large.min())
    print(f"{name}: cell 1 at {seen[name, 1]:.1f}, cell 7 at {seen[name, 7]:.1f}, smallest {lowest:.2f}")
    seen[name] = lowest
middle = 1.5 * 32 - 0.5
assert all(abs(seen[name, 1] - middle) < 1 for name in ("Pillow, bilinear", "scipy, order=1, grid_mode"))
assert middle - seen["scipy, order=1", 1] > 10 and seen["scipy"] < -0.1
END
