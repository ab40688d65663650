#!/bin/sh
# Noise drawn in double precision is the same noise up to fifteen numbers.
#
# torch 2.13.0 (CPU). One would guess that torch.randn of a seed in float64 is the float32 noise with more
# digits, or another stream altogether. Up to 15 numbers it is the former: rounded to float32 they are
# equal, to the bit. From 16 on no number is shared. A test on a few numbers says that a reference
# computation in double precision may draw its own noise; on a latent it starts from another picture.
#
# Seen on 2026-11-29:
#   n = 15: 0 differ
#   n = 16: 16 differ
#   n = 4096: 4096 differ
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch

seen = []
for n in (15, 16, 4096):
    draw = lambda dtype: torch.randn(n, generator=torch.Generator().manual_seed(0), dtype=dtype)
    seen.append(int((draw(torch.float64).float() != draw(torch.float32)).sum()))
    print(f"n = {n}: {seen[-1]} differ")
assert seen == [0, 16, 4096]
END
