#!/bin/sh
# DDIM arrives at another timestep than the one that the network is asked about next.
#
# diffusers 0.42.1. One would guess that a step goes from one entry of `timesteps` to the next. DDIM goes
# down by 1000 // n, whatever the list says. With "leading" that is the next entry. With "linspace" and
# "trailing" the entries lie 1000 / n apart, rounded, and the samples stay above the list: the network
# gets more noise than it is told of, most at the end. With 700 steps each step goes down by 1 and the list
# by 1.43. All of it is silent; where n divides 1000 "trailing" is right too.
#
# Seen on 2026-11-29, a network that is always right, the largest noise as a multiple of what it is told:
#   50 steps: leading 1.00, linspace 1.06, trailing 1.00
#   30 steps: leading 1.00, linspace 1.55, trailing 1.03
#   300 steps: leading 1.00, linspace 1.43, trailing 1.47
#   700 steps: leading 1.00, linspace 2.88, trailing 3.48
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
from diffusers import DDIMScheduler

noise = torch.randn(4096, generator=torch.Generator().manual_seed(0))
for steps in (50, 30, 300, 700):
    worst = {}
    for spacing in ("leading", "linspace", "trailing"):
        scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                                  steps_offset=1, timestep_spacing=spacing, clip_sample=False)
        scheduler.set_timesteps(steps)
        level = (1 - scheduler.alphas_cumprod) ** 0.5
        sample, ratios = level[scheduler.timesteps[0]] * noise, []  # of a picture that is 0 everywhere
        for t in scheduler.timesteps:
            ratios.append(float((sample @ noise) / (noise @ noise) / level[t]))
            sample = scheduler.step(sample / level[t], t, sample).prev_sample
        worst[spacing] = max(ratios)
    print(f"{steps} steps: " + ", ".join(f"{spacing} {ratio:.2f}" for spacing, ratio in worst.items()))
    assert abs(worst["leading"] - 1) < 1e-3 and worst["linspace"] > 1.03
    assert (worst["trailing"] > 1.02) == (1000 % steps > 0)
END
