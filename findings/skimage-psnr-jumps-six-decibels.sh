#!/bin/sh
# One pixel just below zero makes the PSNR six decibels better.
#
# scikit-image 0.26.0. For pictures of floats in [0, 1], peak_signal_noise_ratio without `data_range` is
# right: its range is 1. One would guess that it is 1 (or the range of the numbers) for a picture that
# undershoots a little, as a decoder's output does. Where a single pixel of the first picture is below 0,
# however little, the range is taken for [-1, 1], and the PSNR is 6.02 dB higher; the other picture's pixels
# do not count, so that exchanging the two changes the result. structural_similarity refuses floats without
# a range, this function does not and says nothing.
#
# Seen on 2026-11-28:
#   all in [0, 1]: 25.56 dB
#   one pixel of the first at -1e-9: 31.58 dB
#   exchanged: 25.56 dB
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy as np
from skimage.metrics import peak_signal_noise_ratio

random = np.random.default_rng(0)
true = random.random((32, 32))
drawn = np.clip(true + 0.05 * np.random.default_rng(1).standard_normal(true.shape), 0, 1)
true[0, 0] = 0
under = true.copy()
under[0, 0] = -1e-9
seen = [peak_signal_noise_ratio(*pair) for pair in ((true, drawn), (under, drawn), (drawn, under))]
for name, value in zip(("all in [0, 1]", "one pixel of the first at -1e-9", "exchanged"), seen):
    print(f"{name}: {value:.2f} dB")
assert abs(seen[1] - seen[0] - 20 * np.log10(2)) < 1e-6 and abs(seen[2] - seen[0]) < 1e-6
END
