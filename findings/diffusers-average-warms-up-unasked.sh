#!/bin/sh
# The average of the weights warms up though warm-up is off.
#
# diffusers 0.42.1, EMAModel. With `decay=0.9999` and `use_ema_warmup=False`, its default, one would guess
# that every step keeps 0.9999 of the average, so that after 100 steps one hundredth of it is new. The decay is
# at most (1 + t) / (10 + t) all the same: the first step replaces the average by the weights, and 0.9999 is
# reached after 90 000 steps, which many trainings do not have. `use_ema_warmup` chooses another curve of
# warm-up, and nothing turns it off. (torch's AveragedModel with get_ema_multi_avg_fn has none.)
#
# Seen on 2026-11-29, weights 1, average begun at 0:
#   after 1 steps: decay 0.0000, average 1.0000; without warm-up 0.0001
#   after 100 steps: decay 0.9174, average 1.0000; without warm-up 0.0100
#   steps until the decay is 0.9999: 89991
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers.training_utils import EMAModel

weights = torch.nn.Parameter(torch.zeros(1))
average = EMAModel([weights], decay=0.9999, use_ema_warmup=False)
torch.nn.init.ones_(weights)
seen = []
for step in range(1, 101):
    average.step([weights])
    if step in (1, 100):
        seen.append((average.cur_decay_value, float(average.shadow_params[0])))
        print(f"after {step} steps: decay {seen[-1][0]:.4f}, average {seen[-1][1]:.4f};"
              f" without warm-up {1 - 0.9999**step:.4f}")
assert seen[0] == (0, 1) and 0.9 < seen[1][0] < 0.92 and seen[1][1] > 0.999
full = next(step for step in range(80_000, 100_000) if average.get_decay(step) >= 0.9999)
print(f"steps until the decay is 0.9999: {full}")
assert 89_000 < full < 91_000
END
