#!/bin/sh
# The same picture is resized in another way when it is handed over as numbers.
#
# diffusers 0.42.1, VaeImageProcessor (img2img, inpainting, ControlNet). A PIL picture of another size is
# resized as its `resample` says, Lanczos by default. One would guess that an array or a tensor is too, or
# is refused. It is resized by torch's default, nearest neighbour: of a picture at half size every second
# pixel is kept, whatever `resample` says, and a fine pattern turns into one colour.
#
# Seen on 2026-11-28, a chessboard of single pixels at half size, mean in [-1, 1]:
#   PIL: 0.00
#   numpy: -1.00
#   torch: -1.00
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import numpy as np
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
picture = Image.fromarray(np.stack([board] * 3, axis=-1))
numbers = np.asarray(picture)[None] / np.float32(255)
ways = {"PIL": picture, "numpy": numbers, "torch": torch.from_numpy(numbers).permute(0, 3, 1, 2)}
processor, seen = VaeImageProcessor(vae_scale_factor=8, resample="lanczos"), []
for name, given in ways.items():
    result = processor.preprocess(given, height=32, width=32)
    seen.append(round(float(result.mean()), 2) + 0.0)
    print(f"{name}: {seen[-1]:.2f}")
assert abs(seen[0]) < 0.05 and seen[1:] == [-1, -1]
END
