#!/bin/sh
# A double becomes a half by way of a single, and not the nearest half.
#
# torch 2.13.0 (CPU), numpy 2.4.6. One would guess that a conversion to float16 or bfloat16 gives the nearest
# number of that type. From float64 torch rounds to float32 first and then again: a number just above the
# middle between two halves falls on the middle, and from there to the even one. numpy rounds once. One
# in twenty thousand normal numbers is the other neighbour, so that schedules or weights
# computed in double and stored in half differ between the two by a last bit here and there.
#
# Seen on 2026-11-29:
#   1 + 2^-11 + 2^-30 in float16: torch 1.0, numpy 1.0009765625
#   of a million normal numbers: 50 differ
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy as np
import torch

value = 1 + 2**-11 + 2**-30
pair = torch.tensor(value, dtype=torch.float64).half().item(), float(np.float16(value))
print(f"1 + 2^-11 + 2^-30 in float16: torch {pair[0]}, numpy {pair[1]}")
assert pair == (1, 1 + 2**-10)
assert torch.tensor(1 + 2**-8 + 2**-40, dtype=torch.float64).bfloat16().item() == 1  # 1 + 2^-7 is nearer
numbers = np.random.default_rng(0).standard_normal(1_000_000)
differ = int((torch.from_numpy(numbers).half().numpy() != numbers.astype(np.float16)).sum())
print(f"of a million normal numbers: {differ} differ")
assert differ == 50
END
