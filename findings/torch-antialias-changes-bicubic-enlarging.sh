#!/bin/sh
# Antialiasing changes a picture that is enlarged, where there is nothing to alias.
#
# torch 2.13.0, Pillow 13.0.0. `antialias=True` of torch's interpolate matters when a picture is made
# smaller, and one would guess that it changes nothing when it is made larger; so it is with bilinear. With
# bicubic it is another curve: -0.75 is its parameter without, -0.5 with, as in Pillow. A mask,
# a latent or a picture enlarged by both libraries is the same only with antialiasing on.
#
# Seen on 2026-11-28, 8×8 numbers in [0, 1] to 32×32, largest difference:
#   bilinear, with and without: 0.000
#   bicubic, with and without: 0.059
#   bicubic, Pillow and torch without: 0.059
#   bicubic, Pillow and torch with: 0.000
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 pillow==13.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

picture = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def torch_(mode, antialias):
    return interpolate(picture, size=(32, 32), mode=mode, antialias=antialias)[0, 0].numpy()


pillow = np.asarray(Image.fromarray(picture[0, 0].numpy()).resize((32, 32), Image.Resampling.BICUBIC))
seen = {
    "bilinear, with and without": torch_("bilinear", True) - torch_("bilinear", False),
    "bicubic, with and without": torch_("bicubic", True) - torch_("bicubic", False),
    "bicubic, Pillow and torch without": pillow - torch_("bicubic", False),
    "bicubic, Pillow and torch with": pillow - torch_("bicubic", True),
}
for name, difference in seen.items():
    print(f"{name}: {abs(difference).max():.3f}")
assert [abs(difference).max() > 0.01 for difference in seen.values()] == [False, True, True, False]
END
