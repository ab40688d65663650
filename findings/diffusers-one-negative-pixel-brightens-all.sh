#!/bin/sh
# One pixel just below zero makes all others of a picture lighter.
#
# diffusers 0.42.1, VaeImageProcessor (img2img, inpainting, ControlNet). A picture handed over as a tensor or
# an array is in [0, 1], and is brought to [-1, 1]. One would guess that a value which undershoots a little,
# as a decoder's or a bicubic resize's do, undershoots a little afterwards. Where a single value is below 0
# the whole picture is taken to be in [-1, 1] already and left as it is: black becomes middle grey, white
# stays white. There is a FutureWarning, which says what range is expected, and not that nothing was done.
#
# Seen on 2026-11-29, what 0, 0.5 and 1 become (-1, 0 and 1 are right):
#   tensor, all in [0, 1]: -1 0 1
#   tensor, one at -1e-6: 0 0.5 1
#   array, all in [0, 1]: -1 0 1
#   array, one at -1e-6: 0 0.5 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging
import warnings

logging.disable(logging.WARNING)
import torch
from diffusers.image_processor import VaeImageProcessor

picture, seen = torch.zeros(1, 3, 32, 32), []
picture[..., 1] = 0.5
picture[..., 2] = 1
under = picture.clone()
under[0, 0, 31, 31] = -1e-6
kinds = {"tensor": lambda tensor: tensor, "array": lambda tensor: tensor.permute(0, 2, 3, 1).numpy()}
for kind, make in kinds.items():
    for name, given in (("all in [0, 1]", picture), ("one at -1e-6", under)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = VaeImageProcessor(vae_scale_factor=8).preprocess(make(given))[0, 0, 0]
        seen.append([round(float(value), 3) for value in result[:3]])
        print(f"{kind}, {name}: " + " ".join(f"{value:g}" for value in seen[-1]))
assert seen == [[-1, 0, 1], [0, 0.5, 1]] * 2
END
