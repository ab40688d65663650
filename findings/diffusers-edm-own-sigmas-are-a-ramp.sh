#!/bin/sh
# Sigmas handed to the EDM sampler are not the sigmas that it walks.
#
# diffusers 0.42.1. EDMEulerScheduler.set_timesteps takes `sigmas`, "custom sigmas to use for the denoising
# process", as Euler and the flow-matching samplers do, and one would guess that 80, 10, 1, 0.1 are walked as they
# are. They are taken for places on the way from 0 (sigma_max) to 1 (sigma_min), which are then bent into
# sigmas: 80 becomes -2.6e14, 0.1 becomes 45, the timesteps (logarithms) are NaN, and nothing is said. With
# sigma_schedule="exponential" only their number counts. Euler, asked for the same, walks them (the last is where it ends).
#
# Seen on 2026-11-29, sigmas 80, 10, 1, 0.1:
#   EDMEulerScheduler, karras: -2.63e+14 -5.37e+07 0.002 45.3 0, timesteps finite: False
#   EDMEulerScheduler, exponential: 80 2.34 0.0684 0.002 0, timesteps finite: True
#   EulerDiscreteScheduler: 80 10 1 0.1, timesteps finite: True
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
from diffusers import EDMEulerScheduler, EulerDiscreteScheduler

asked, seen = [80.0, 10.0, 1.0, 0.1], []
for name, scheduler in (
    ("EDMEulerScheduler, karras", EDMEulerScheduler()),
    ("EDMEulerScheduler, exponential", EDMEulerScheduler(sigma_schedule="exponential")),
    ("EulerDiscreteScheduler", EulerDiscreteScheduler()),
):
    if isinstance(scheduler, EDMEulerScheduler):
        scheduler.set_timesteps(len(asked), sigmas=torch.tensor(asked))
    else:
        scheduler.set_timesteps(sigmas=asked)
    walked, finite = scheduler.sigmas, bool(torch.as_tensor(scheduler.timesteps).isfinite().all())
    print(f"{name}: {' '.join(f'{float(sigma):.3g}' for sigma in walked)}, timesteps finite: {finite}")
    seen.append((walked, finite))
assert seen[0][0][0] < -1e14 and seen[0][0][3] > 40 and not seen[0][1]
assert seen[1][0][1] < 3 and torch.allclose(seen[2][0], torch.tensor(asked)) and seen[2][1]
END
