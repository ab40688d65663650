#!/bin/sh
# The first two timesteps of a bfloat16 training have no noise at all.
#
# diffusers 0.42.1. add_noise mixes picture and noise by the roots of alpha-bar and of 1 - alpha-bar, and one
# would guess that in bfloat16 the mixture is right to its three digits. DDPM and DDIM convert alpha-bar itself
# first: 0.9991 is 1 in bfloat16, so that at timesteps 0 and 1 the noisy picture is the picture and the
# network is asked to find noise that is not there; at 2 it has 23 % too much. float16 errs by 7 %
# at most. Euler and DPM-Solver++, which convert at another point, are right to 1 %.
#
# Seen on 2026-11-29, schedule of Stable Diffusion, the noise added as a multiple of the right one:
#   DDPMScheduler, torch.bfloat16: t=0 0.00, t=1 0.00, t=2 1.23, t=3 1.07, t=10 0.90, t=500 1.00
#   DDPMScheduler, torch.float16: t=0 1.07, t=1 0.93, t=2 0.98, t=3 1.00, t=10 1.01, t=500 1.00
#   EulerDiscreteScheduler, torch.bfloat16: t=0 1.00, t=1 1.00, t=2 1.00, t=3 1.00, t=10 1.00, t=500 1.00
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
from diffusers import DDPMScheduler, EulerDiscreteScheduler

noise = torch.randn(1, 4096, generator=torch.Generator().manual_seed(0))
seen = []
for kind, dtype in ((DDPMScheduler, torch.bfloat16), (DDPMScheduler, torch.float16),
                    (EulerDiscreteScheduler, torch.bfloat16)):
    scheduler, ratios = kind(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"), {}
    for t in (0, 1, 2, 3, 10, 500):
        added = [scheduler.add_noise(torch.zeros_like(noise, dtype=type), noise.to(type), torch.tensor([t]))
                 for type in (dtype, torch.float32)]
        ratios[t] = float(added[0].float().norm() / added[1].norm())
    print(f"{kind.__name__}, {dtype}: " + ", ".join(f"t={t} {ratio:.2f}" for t, ratio in ratios.items()))
    seen.append(ratios)
assert seen[0][0] == seen[0][1] == 0 and seen[0][2] > 1.2
assert all(0.9 < ratio < 1.1 for ratio in seen[1].values())
assert all(0.99 < ratio < 1.01 for ratio in seen[2].values())
END
