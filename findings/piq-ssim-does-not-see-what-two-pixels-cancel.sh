#!/bin/sh
# From 384 pixels on SSIM sees a smaller picture, and a chequered one is as the plain one.
#
# piq 0.8.0. One would guess that its SSIM of a picture of 512 pixels is that of the definition, window by window, as
# it is for 256. It averages squares of n×n pixels first, n being the shorter side over 256, rounded, unless
# `downsample=False` says otherwise; its words for that are that it makes it agree with scikit-image, which does no such
# thing. Noise that cancels in a square of four is not there: a chequered pattern that spoils a picture of
# 256 pixels leaves one of 512 perfect, and the two sizes' scores cannot be compared. Its MS-SSIM begins at full size.
#
# Seen on 2026-11-30, SSIM of a smooth picture with and without a chequered pattern of single pixels:
#   256 pixels: 0.091, with downsample=False 0.091, scikit-image 0.091
#   383 pixels: 0.086, with downsample=False 0.086, scikit-image 0.086
#   384 pixels: 1.000, with downsample=False 0.086, scikit-image 0.086
#   512 pixels: 1.000, with downsample=False 0.085, scikit-image 0.085
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 pillow==13.0.0 scikit-image==0.26.0 \
    requests==2.34.2
# A torchvision that does without its binary part: nothing of it is used here, but it is imported.
"$folder/venv/bin/pip" install --quiet --no-deps torchvision==0.15.2 piq==0.8.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import piq
import torch
from skimage.metrics import structural_similarity

seen = {}
for size in (256, 383, 384, 512):
    place = torch.arange(size)
    smooth = (0.5 + 0.3 * torch.sin(place / size * 6)).expand(1, 1, size, size)
    chequered = smooth + 0.1 * ((place[:, None] + place) % 2 * 2 - 1)
    reference = structural_similarity(
        smooth[0, 0].numpy(), chequered[0, 0].numpy(), data_range=1, gaussian_weights=True, use_sample_covariance=False)
    seen[size] = (piq.ssim(smooth, chequered).item(), piq.ssim(smooth, chequered, downsample=False).item(), reference)
    print("{} pixels: {:.3f}, with downsample=False {:.3f}, scikit-image {:.3f}".format(size, *seen[size]))
for size, (plain, full, reference) in seen.items():
    assert abs(full - reference) < 0.01 and (plain > 0.999 if size > 383 else plain == full)
END
