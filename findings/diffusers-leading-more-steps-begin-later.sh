#!/bin/sh
# Six hundred steps begin at timestep 600.
#
# diffusers 0.42.1, "leading" spacing as in the files of Stable Diffusion. One would guess that more steps
# are finer ones on the same way. The distance of two steps is a whole number, 1000 // n, and the walk begins
# n - 1 such distances above its end: 500 steps begin at 999, 501 begin at 501, and 600 at 600, where the
# network is told that its pure noise is a half-finished picture. 1000 steps begin at timestep 1000, which
# there is not: DDIM breaks at its first step. With 10 steps it is 901, with 60 it is 945.
#
# Seen on 2026-11-29, the first timestep:
#   DDIMScheduler: 50 steps 981, 60 steps 945, 500 steps 999, 501 steps 501, 600 steps 600
#   PNDMScheduler: 50 steps 981, 60 steps 945, 500 steps 999, 501 steps 501, 600 steps 600
#   EulerDiscreteScheduler: 50 steps 981, 60 steps 945, 500 steps 999, 501 steps 501, 600 steps 600
#   DDIMScheduler, 1000 steps: IndexError
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
from diffusers import DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler

settings = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
                timestep_spacing="leading")
for kind in (DDIMScheduler, PNDMScheduler, EulerDiscreteScheduler):
    first = {}
    for steps in (50, 60, 500, 501, 600):
        scheduler = kind(**settings)
        scheduler.set_timesteps(steps)
        first[steps] = int(scheduler.timesteps[0])
    print(f"{kind.__name__}: " + ", ".join(f"{steps} steps {t}" for steps, t in first.items()))
    assert first == {50: 981, 60: 945, 500: 999, 501: 501, 600: 600}
scheduler = DDIMScheduler(**settings)
scheduler.set_timesteps(1000)
try:
    scheduler.step(torch.zeros(1), scheduler.timesteps[0], torch.zeros(1))
    end = "steps"
except IndexError as error:
    end = type(error).__name__
print(f"DDIMScheduler, 1000 steps: {end}")
assert end == "IndexError"
END
