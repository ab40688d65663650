#!/bin/sh
# One picture has its channels first for torch and last for numpy, and both lose digits.
#
# datasets 5.2.0. with_format says in what library's arrays a data set answers, and one would guess that the
# arrays are the same. A picture of 4×6 pixels is [3, 4, 6] as a tensor and [4, 6, 3] as an array, though both
# are made of the same file, and a column of arrays is not turned. Lists of floats in double precision
# come out in single, in both formats, where the plain format gives them in full: alphas or sigmas
# kept in a data set are not what was put in.
#
# Seen on 2026-11-29:
#   torch: picture [3, 4, 6], a column of arrays [4, 6, 3], 1/3 off by 9.9e-09
#   numpy: picture [4, 6, 3], a column of arrays [4, 6, 3], 1/3 off by 9.9e-09
#   plain: 1/3 off by 0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" datasets==5.2.0 numpy==2.4.6 pillow==13.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import datasets
import numpy as np
from PIL import Image

datasets.disable_progress_bars()
pixels = np.zeros((4, 6, 3), np.uint8)
made = datasets.Dataset.from_dict(
    {"picture": [Image.fromarray(pixels)], "array": [pixels], "numbers": [[1 / 3, 2 / 3]]},
    features=datasets.Features({"picture": datasets.Image(), "array": datasets.Array3D((4, 6, 3), "uint8"),
                                "numbers": datasets.List(datasets.Value("float64"))}))
seen = []
for name in ("torch", "numpy"):
    row = made.with_format(name)[0]
    off = abs(float(row["numbers"][0]) - 1 / 3)
    seen.append((list(row["picture"].shape), list(row["array"].shape), off > 1e-9))
    print(f"{name}: picture {seen[-1][0]}, a column of arrays {seen[-1][1]}, 1/3 off by {off:.1e}")
print(f"plain: 1/3 off by {abs(made[0]['numbers'][0] - 1 / 3):g}")
assert made[0]["numbers"][0] == 1 / 3
assert seen == [([3, 4, 6], [4, 6, 3], True), ([4, 6, 3], [4, 6, 3], True)]
END
