#!/bin/sh
# A thousand steps of DPM-Solver++ are a thousand times the same timestep.
#
# diffusers 0.42.1, "leading" spacing as in the files of Stable Diffusion. One would guess that 1000 steps of
# 1000 visit each timestep once, or are refused. DPM-Solver++, UniPC, DEIS and SA-Solver space n + 1 points by
# 1000 // (n + 1), which is 0: all timesteps are 1 (the offset), all sigmas but the last are the smallest, and
# the network is asked a thousand times about a noise that is not there. No warning. 999 steps begin at 1000,
# which no model was trained for. "linspace" and "trailing" do as one would guess.
#
# Seen on 2026-11-29, different timesteps and the first sigma of 1000 steps:
#   DPMSolverMultistepScheduler: leading 1, sigma 0.041; linspace 999, sigma 14.615
#   UniPCMultistepScheduler, DEISMultistepScheduler, SASolverScheduler: the same
#   DPMSolverMultistepScheduler, 999 steps: first timestep 1000
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import (DEISMultistepScheduler, DPMSolverMultistepScheduler, SASolverScheduler,
                       UniPCMultistepScheduler)

settings = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
for kind in (DPMSolverMultistepScheduler, UniPCMultistepScheduler, DEISMultistepScheduler, SASolverScheduler):
    seen = []
    for spacing in ("leading", "linspace"):
        scheduler = kind(**settings, steps_offset=1, timestep_spacing=spacing)
        scheduler.set_timesteps(1000)
        seen.append((len(set(scheduler.timesteps.tolist())), round(float(scheduler.sigmas[0]), 3)))
    (leading, low), (linspace, high) = seen
    print(f"{kind.__name__}: leading {leading}, sigma {low}; linspace {linspace}, sigma {high}")
    assert leading == 1 and low < 0.05 and linspace > 990 and high > 14
scheduler = DPMSolverMultistepScheduler(**settings, steps_offset=1, timestep_spacing="leading")
scheduler.set_timesteps(999)
print(f"DPMSolverMultistepScheduler, 999 steps: first timestep {int(scheduler.timesteps[0])}")
assert scheduler.timesteps[0] == 1000
END
