#!/bin/sh
# A depth map of sixteen bits is a white picture.
#
# Pillow 13.0.0, diffusers 0.42.1. Depth maps are saved with sixteen bits, and convert("RGB"), which every
# pipeline's load_image applies, makes eight of them: one would guess by leaving the lower ones out, so that half
# of the range stays half. The numbers are cut at 255, without a word: a two-hundredth of the range is kept and
# all else is white, and a ControlNet is shown a plane. A map handed over as opened, without load_image,
# is divided by 255 all the same, and reaches 513 where 1 is white.
#
# Seen on 2026-11-30, a ramp in five steps over the whole range:
#   in the file: 0 100 16384 32768 65535
#   convert("L"): 0 100 255 255 255
#   diffusers' load_image: 0 100 255 255 255
#   as opened, through VaeImageProcessor: from -1 to 513
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 pillow==13.0.0 diffusers==0.42.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy as np
from diffusers.image_processor import VaeImageProcessor
from diffusers.utils import load_image
from PIL import Image

ramp = np.array([0, 100, 16384, 32768, 65535], np.uint16)
Image.fromarray(np.tile(ramp.repeat(8), (40, 1))).save("depth.png")
opened = Image.open("depth.png")
seen = {"in the file": opened, 'convert("L")': opened.convert("L"), "diffusers' load_image": load_image("depth.png")}
for name, picture in seen.items():
    seen[name] = np.asarray(picture).reshape(40, 40, -1)[0, ::8, 0].tolist()
    print(f"{name}:", *seen[name])
tensor = VaeImageProcessor().preprocess(opened)
print(f"as opened, through VaeImageProcessor: from {tensor.min():.0f} to {tensor.max():.0f}")
assert seen["in the file"] == ramp.tolist()
assert seen['convert("L")'] == seen["diffusers' load_image"] == [0, 100, 255, 255, 255] and tensor.max() > 500
END
