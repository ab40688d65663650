#!/bin/sh
# Karras's average over the last twentieth of a training is one over its beginning.
#
# ema-pytorch 0.8.3, KarrasEMA (PostHocEMA is made of two). `sigma_rel` is the width of the average as a part of the
# training so far, and one would guess that the setting beside it, `update_every` (100 by default, 10 in its own
# example), makes the same average from fewer weights. The decay is that of a single step, at the number
# of that step, but it is applied at every hundredth step only, so that the exponent of the average is divided by a
# hundred. What should lie around the last 5 % lies around the first 15 %, and the wider the average is meant, the
# nearer is it to the weights with which training began. PostHocEMA takes such averages for what they should be
# when it makes other widths of them. `update_every=1` is right.
#
# Seen on 2026-11-30, 5000 steps, the centre and the width of the average, as parts of the training:
#   sigma_rel=0.05: every 100 centre 0.15 width 0.241; every 10 centre 0.64 width 0.246; every 1 centre 0.95 width 0.050
#   sigma_rel=0.15: every 100 centre 0.04 width 0.141; every 10 centre 0.31 width 0.296; every 1 centre 0.82 width 0.150
#   sigma_rel=0.25: every 100 centre 0.02 width 0.090; every 10 centre 0.15 width 0.240; every 1 centre 0.63 width 0.250
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 ema-pytorch==0.8.3
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from ema_pytorch.post_hoc_ema import KarrasEMA

seen, steps = {}, 5000
for wanted in (0.05, 0.15, 0.25):
    lines = []
    for settings in ({}, {"update_every": 10}, {"update_every": 1}):
        clock = torch.nn.Linear(1, 2, bias=False).double()
        average = KarrasEMA(clock, sigma_rel=wanted, **settings)
        for step in range(1, steps + 1):
            now = step / steps
            clock.weight.data = torch.tensor([[now], [now ** 2]], dtype=torch.float64)
            average.update()
        centre, square = average.ema_model.weight.flatten().tolist()
        every, width = average.update_every, (square - centre ** 2) ** 0.5
        seen[wanted, every] = centre, width
        lines.append(f"every {every} centre {centre:.2f} width {width:.3f}")
    print(f"sigma_rel={wanted}: " + "; ".join(lines))
for wanted in (0.05, 0.15, 0.25):
    assert abs(seen[wanted, 1][1] - wanted) < 0.002 and seen[wanted, 1][0] > 0.6
    assert seen[wanted, 100][0] < 0.2 and seen[wanted, 10][0] < seen[wanted, 1][0] - 0.2
END
