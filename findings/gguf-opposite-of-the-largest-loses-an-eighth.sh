#!/bin/sh
# Of two weights that differ in sign only, one loses an eighth in Q4_0.
#
# gguf 0.19.0. Q4_0 keeps 32 weights as a scale and whole numbers from -8 to 7, and one would guess that
# the largest weight of a block is the worst case on neither side. The scale is chosen so that the weight
# of largest magnitude is -8, exactly; the same magnitude with the other sign would be +8, which there is
# not, and becomes 7. Which of two equal magnitudes it is depends on their order. Q5_0 does the same with a
# sixteenth. Filters that sum to zero, as edge detectors do, no longer do.
#
# Seen on 2026-11-29, a block that holds 1 and -1:
#   Q4_0: 1 becomes 1, -1 becomes -0.875; in the other order 0.875 and -1
#   Q5_0: 1 becomes 1, -1 becomes -0.9375; in the other order 0.9375 and -1
#   Q8_0: 1 becomes 0.9999, -1 becomes -0.9999; in the other order 0.9999 and -0.9999
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gguf==0.19.0 numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import gguf
import numpy as np

seen = {}
for name in ("Q4_0", "Q5_0", "Q8_0"):
    kind = gguf.GGMLQuantizationType[name]
    pair = []
    for first in (1, -1):
        block = np.zeros((1, 32), np.float32)
        block[0, :2] = first, -first
        back = gguf.quants.dequantize(gguf.quants.quantize(block, kind), kind)[0]
        pair += [float(back[:2].max()), float(back[:2].min())]
    seen[name] = [round(value, 4) for value in pair]
    print("{}: 1 becomes {:g}, -1 becomes {:g}; in the other order {:g} and {:g}".format(name, *seen[name]))
assert seen["Q4_0"] == [1, -0.875, 0.875, -1] and seen["Q5_0"] == [1, -0.9375, 0.9375, -1]
assert seen["Q8_0"] == [0.9999, -0.9999, 0.9999, -0.9999]
END
