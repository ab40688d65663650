#!/bin/sh
# A vector of zeros has a cosine in single precision and none in half.
#
# torch 2.13.0 (CPU). normalize and cosine_similarity guard against zeros with an eps, and one would guess
# that a zero vector gives 0 in every type. Their eps, 1e-12 and 1e-8, are below float16's smallest number
# (6e-8) and become 0 there: 0/0. bfloat16, with fewer digits, has the range and gives 0. A padding row or
# a layer that is switched off makes NaN of a mean over all, in the one type that it was not tested in.
#
# Seen on 2026-11-29:
#   torch.float32: normalize 0, cosine 0
#   torch.bfloat16: normalize 0, cosine 0
#   torch.float16: normalize nan, cosine nan
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from torch.nn import functional

zeros, seen = torch.zeros(1, 8), []
for dtype in (torch.float32, torch.bfloat16, torch.float16):
    row = zeros.to(dtype)
    pair = functional.normalize(row)[0, 0].item(), functional.cosine_similarity(row, row + 1).item()
    seen.append([value != value for value in pair])
    assert all(value != value or value == 0 for value in pair)
    print(f"{dtype}: normalize {pair[0]:g}, cosine {pair[1]:g}")
assert seen == [[False, False], [False, False], [True, True]]
END
