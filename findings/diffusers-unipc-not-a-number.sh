#!/bin/sh
# UniPC ends in NaN when its last step keeps full order.
#
# diffusers 0.42.1. `lower_order_final` reads like a setting of quality ("stabilises sampling for few
# steps"). With False, every number of the last sample is NaN, with any number of steps and without a
# warning: the final sigma is 0, its logarithm enters the second-order term, and only the first-order one
# cancels it. DPM-Solver++ with the same setting stays finite, since it falls back at sigma 0 by itself.
#
# Seen on 2026-11-28:
#   UniPCMultistepScheduler steps 10 finite: False
#   UniPCMultistepScheduler steps 50 finite: False
#   DPMSolverMultistepScheduler steps 10 finite: True
#   DPMSolverMultistepScheduler steps 50 finite: True
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
from diffusers import DPMSolverMultistepScheduler, UniPCMultistepScheduler

seen = []
for kind in (UniPCMultistepScheduler, DPMSolverMultistepScheduler):
    for steps in (10, 50):
        scheduler = kind(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                         lower_order_final=False)
        scheduler.set_timesteps(steps)
        x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
        for t in scheduler.timesteps:
            x = scheduler.step(0.5 * x, t, x).prev_sample
        seen.append(bool(x.isfinite().all()))
        print(kind.__name__, "steps", steps, "finite:", seen[-1])
assert seen == [False, False, True, True]
END
