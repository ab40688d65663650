#!/bin/sh
# Weights of a GGUF file pass through half precision on their way to single.
#
# diffusers 0.42.1, gguf 0.19.0. A quantised block is a scale times whole numbers, and one would guess
# that with `compute_dtype=torch.float32` a layer multiplies with those products, as gguf gives them.
# diffusers multiplies in float16 and widens the result: most weights of a Q8_0 file are
# the rounded ones. Two readers of one file differ by up to 5e-4 of the largest weight.
#
# Seen on 2026-11-29, weights that differ from gguf's, and the largest difference relative to the largest:
#   Q8_0: 83 % of the weights, 3.5e-04
#   Q5_0: 40 % of the weights, 1.9e-04
#   Q4_0: 23 % of the weights, 1.9e-04
#   Q4_1: 62 % of the weights, 5.2e-04
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 gguf==0.19.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import gguf
import numpy as np
import torch
from diffusers.quantizers.gguf.utils import GGUFLinear, GGUFParameter

weights = (np.random.default_rng(0).standard_normal((64, 256)) * 0.02).astype(np.float32)
for name in ("Q8_0", "Q5_0", "Q4_0", "Q4_1"):
    kind = gguf.GGMLQuantizationType[name]
    stored = gguf.quants.quantize(weights, kind)
    right = gguf.quants.dequantize(stored, kind)
    layer = GGUFLinear(256, 64, bias=False, compute_dtype=torch.float32)
    layer.weight = GGUFParameter(torch.from_numpy(stored), quant_type=kind)
    with torch.no_grad():
        used = layer(torch.eye(256)).T.numpy()
    differ = float((used != right).mean())
    print(f"{name}: {100 * differ:.0f} % of the weights, {abs(used - right).max() / abs(right).max():.1e}")
    assert differ > 0.1 and np.allclose(used, right, rtol=0, atol=1e-3 * abs(right).max())
END
