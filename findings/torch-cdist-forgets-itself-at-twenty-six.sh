#!/bin/sh
# A point's distance to itself is 0 among twenty-five points and not among twenty-six.
#
# torch 2.13.0 (CPU). One would guess that torch.cdist(x, x) has zeros on its diagonal, whatever the number
# of rows. From 26 rows on it computes |a|² + |b|² - 2ab, whose rounding is that of the squares: points
# far from the origin and near each other lose their distances. Nearest neighbours (which picture of the
# training set was copied, which code of a codebook is meant) change with the number of rows compared.
# `compute_mode="donot_use_mm_for_euclid_dist"` keeps them.
#
# Seen on 2026-11-29, normal points of four numbers around 100 (`exactly`: without the product):
#   25 points: largest distance to itself 0.000, nearest is itself for 25; exactly 0.000, 25
#   26 points: largest distance to itself 0.088, nearest is itself for 15; exactly 0.000, 26
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch

seen = []
for n in (25, 26):
    points = torch.randn(n, 4, generator=torch.Generator().manual_seed(0)) * 0.05 + 100
    both = []
    for mode in ("use_mm_for_euclid_dist_if_necessary", "donot_use_mm_for_euclid_dist"):
        distances = torch.cdist(points, points, compute_mode=mode)
        both.append((float(distances.diagonal().max()), int((distances.argmin(1) == torch.arange(n)).sum())))
    (own, nearest), exact = both
    print(f"{n} points: largest distance to itself {own:.3f}, nearest is itself for {nearest};"
          f" exactly {exact[0]:.3f}, {exact[1]}")
    assert exact == (0, n)
    seen.append((own > 0.01, nearest == n))
assert seen == [(False, True), (True, False)]
END
