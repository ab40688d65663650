#!/bin/sh
# "Beta" steps lie elsewhere than where the Beta distribution puts them.
#
# diffusers 0.42.1. `use_beta_sigmas` refers to a paper that takes the timesteps from a Beta(0.6, 0.6)
# distribution, dense at both ends of the walk, and one would guess that half of the steps lie below
# timestep 500. diffusers spaces the sigmas so: half of the way from 14.6 to 0.03 is 7.3, which is timestep
# 873, and of 20 steps four lie below 500. The fine steps at the low end, which the schedule is for, are
# hardly there.
#
# Seen on 2026-11-28, 20 steps of Euler on the schedule of Stable Diffusion:
#   diffusers: 4 below timestep 500; 999 992 975 949 912 860 782 656 422 51
#   the distribution over timesteps: 10 below 500; 999 956 866 746 608 463 320 190 84 14
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import numpy as np
from diffusers import EulerDiscreteScheduler
from scipy.stats import beta

scheduler = EulerDiscreteScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", use_beta_sigmas=True)
scheduler.set_timesteps(20)
walked = scheduler.timesteps.numpy()
spaced = 999 * beta.ppf(1 - np.linspace(0, 1, 20), 0.6, 0.6)
counts = []
for name, timesteps in (("diffusers", walked), ("the distribution over timesteps", spaced)):
    counts.append(int((timesteps < 500).sum()))
    every_second = " ".join(f"{t:.0f}" for t in timesteps[::2])
    print(f"{name}: {counts[-1]} below{' timestep' if name == 'diffusers' else ''} 500; {every_second}")
assert counts == [4, 10]
END
