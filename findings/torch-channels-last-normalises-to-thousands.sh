#!/bin/sh
# In channels_last GroupNorm makes thousands of numbers that lie far from zero.
#
# torch 2.13.0 (CPU). GroupNorm leaves numbers of mean 0 and deviation 1, and one would guess that `channels_last`, a
# layout made for speed, changes rounding at most. The kernel for that layout takes the variance as the mean of the
# squares less the square of the mean, in single precision; the one for the plain layout does not. With the sizes
# of Stable Diffusion (64×64, groups of 4 channels) a mean of 100 leaves one digit or two, and at 1000 the variance is 0
# in some groups, which are divided by the root of eps. Nothing is said, and small layers are well for longer,
# so that a test on a few pixels finds nothing.
#
# Seen on 2026-11-29, normal numbers of deviation 1 around a mean, 128 channels in 32 groups, largest error:
#   8×8, mean 0: plain 0.0000, channels_last 0.0000
#   8×8, mean 100: plain 0.0000, channels_last 0.0054
#   8×8, mean 1000: plain 0.0001, channels_last 1.2637
#   8×8, mean 4096: plain 0.0007, channels_last 4048.4370
#   64×64, mean 0: plain 0.0000, channels_last 0.0000
#   64×64, mean 100: plain 0.0000, channels_last 0.0460
#   64×64, mean 1000: plain 0.0001, channels_last 4325.5575
#   64×64, mean 4096: plain 0.0005, channels_last 4577.4174
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch

off = {}
for size in (8, 64):
    for mean in (0, 100, 1000, 4096):
        torch.manual_seed(0)
        numbers = mean + torch.randn(1, 128, size, size)
        right = torch.nn.functional.group_norm(numbers.double(), 32, eps=1e-6)
        off[size, mean] = []
        for layout in (torch.contiguous_format, torch.channels_last):
            made = torch.nn.functional.group_norm(numbers.contiguous(memory_format=layout), 32, eps=1e-6)
            off[size, mean].append(float((made - right).abs().max()))
        print(f"{size}×{size}, mean {mean}: plain {off[size, mean][0]:.4f}, channels_last {off[size, mean][1]:.4f}")
assert max(plain for plain, _ in off.values()) < 0.01 and max(off[8, 0] + off[64, 0]) < 1e-4
assert off[8, 100][1] < 0.02 < off[64, 100][1] < 0.1 and off[8, 1000][1] < 10 and off[64, 1000][1] > 1000
END
