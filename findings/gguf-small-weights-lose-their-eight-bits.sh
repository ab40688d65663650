#!/bin/sh
# Eight bits a weight are fewer where the weights are small, and none at last.
#
# gguf 0.19.0. Q8_0 keeps a scale for every 32 weights, and one would guess that its relative error is the
# same for weights of any size, as that is what a scale is for. The scale itself is a float16, which
# has ever fewer digits below 6e-5, and the scale is the largest weight over 127: weights around 1e-4 are
# worse already, and around 1e-6 all but a few are zero. Layers that begin at zero and were
# trained little (a ControlNet's, an adapter's) are of that size, beside others that are not.
#
# Seen on 2026-11-29, root mean square error of normal weights, relative to their size:
#   weights around 1: 0.53 %
#   weights around 0.01: 0.53 %
#   weights around 0.0001: 1.11 %
#   weights around 1e-05: 9.38 %
#   weights around 1e-06: 99.91 %
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gguf==0.19.0 numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import gguf
import numpy as np

kind, seen = gguf.GGMLQuantizationType.Q8_0, []
normal = np.random.default_rng(0).standard_normal((64, 256)).astype(np.float32)
for size in (1, 1e-2, 1e-4, 1e-5, 1e-6):
    weights = normal * np.float32(size)
    back = gguf.quants.dequantize(gguf.quants.quantize(weights, kind), kind)
    seen.append(float(np.sqrt(((back - weights) ** 2).mean()) / weights.std()))
    print(f"weights around {size:g}: {100 * seen[-1]:.2f} %")
assert max(seen[:2]) < 0.006 and seen[2] > 0.01 and seen[3] > 0.08 and seen[4] > 0.99
END
