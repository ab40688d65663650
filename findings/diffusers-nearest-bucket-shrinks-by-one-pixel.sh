#!/bin/sh
# A picture that is one pixel from square is trained at 256 pixels, whatever its size.
#
# diffusers 0.42.1, find_nearest_bucket of training_utils. It finds "the closest bucket to the given height and width",
# and one would guess the closest size, or at least the closest shape with the size to decide between equals.
# Only shapes are compared, and by a difference that is the larger the larger the bucket: among buckets of one
# shape a picture of exactly that shape gets the last of the list, and any other gets the smallest. A pixel
# more or less in a 1024×1024 picture decides between 1024 and 256.
#
# Seen on 2026-11-29, square buckets of 256, 512 and 1024, in this order and in the other:
#   1024×1024: 1024, 256
#   1024×1023: 256, 256
#   4000×4010: 256, 256
#   256×256: 1024, 256
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers.training_utils import find_nearest_bucket

buckets, seen = [(256, 256), (512, 512), (1024, 1024)], []
for height, width in ((1024, 1024), (1024, 1023), (4000, 4010), (256, 256)):
    seen.append([order[find_nearest_bucket(height, width, order)][0] for order in (buckets, buckets[::-1])])
    print(f"{height}×{width}: {seen[-1][0]}, {seen[-1][1]}")
assert seen == [[1024, 256], [256, 256], [256, 256], [1024, 256]]
END
