#!/bin/sh
# A network in channels_last is trained on other noise from the same seed.
#
# torch 2.13.0 (CPU). `channels_last` is a layout, made for speed, and one would guess that it changes
# rounding at most. randn_like keeps the layout of what it is given, and draws for it in another way: not
# the same numbers in another order, other numbers altogether. So the noise of a training step
# (randn_like(latents)) differs from the first step on. rand_like draws the same numbers and lays them down
# in the memory's order, so that they belong to other pixels and channels.
#
# Seen on 2026-11-29, a latent of 2×4×8×8, from the same seed:
#   randn_like: 512 of 512 numbers differ, in common in any order 0
#   rand_like: 504 of 512 numbers differ, in common in any order 512
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch

plain = torch.zeros(2, 4, 8, 8)
last = plain.contiguous(memory_format=torch.channels_last)
seen = []
for name in ("randn_like", "rand_like"):
    draws = []
    for like in (plain, last):
        torch.manual_seed(0)
        draws.append(getattr(torch, name)(like))
    differ = int((draws[0] != draws[1]).sum())
    shared = len(set(draws[0].flatten().tolist()) & set(draws[1].flatten().tolist()))
    seen += [differ, shared]
    print(f"{name}: {differ} of {plain.numel()} numbers differ, in common in any order {shared}")
assert seen[:2] == [512, 0] and seen[2] > 450 and seen[3] == 512
END
