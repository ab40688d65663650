#!/bin/sh
# The similarity of two pictures that have nothing in common is 0.996.
#
# pytorch-msssim 1.0.0. Tensors of pictures are in [0, 1] everywhere in this field, and one would guess that a
# library for torch takes that range, asks for it, or looks at the numbers. Its data_range is 255: the two
# constants that keep SSIM from dividing by zero are then far larger than the pictures' variances, and any
# two pictures are alike, even a picture and its negative. As a loss it has hardly a gradient.
#
# Seen on 2026-11-29, pictures of independent noise in [0, 1]:
#   as is: 0.996, with its negative 0.993
#   data_range=1: 0.012, with its negative -0.966
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 pytorch-msssim==1.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from pytorch_msssim import ssim

one, other = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
seen = []
for name, arguments in (("as is", {}), ("data_range=1", {"data_range": 1})):
    seen.append([float(ssim(one, second, **arguments)) for second in (other, 1 - one)])
    print("{}: {:.3f}, with its negative {:.3f}".format(name, *seen[-1]))
assert min(seen[0]) > 0.98 and max(seen[1]) < 0.1
END
