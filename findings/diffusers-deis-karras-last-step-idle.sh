#!/bin/sh
# DEIS on Karras sigmas asks the network once for nothing, and leaves noise in the picture.
#
# diffusers 0.42.1. One would guess that the last step of every sampler goes to sigma 0, and that each
# step moves. DEIS has no `final_sigmas_type`; with Karras, exponential or beta sigmas the smallest sigma is
# there twice, so that the last step goes from 0.029 to 0.029: a whole pass of the network, after
# which the latent is what it was, to the bit. DPM-Solver++ and UniPC end at 0.
#
# Seen on 2026-11-28, ten steps towards a known picture, with a network that is always right:
#   DEIS: last two sigmas 0.0292 0.0292, last step moves 0.0000, ends 0.0990 away
#   DPM-Solver++: last two sigmas 0.0292 0.0000, last step moves 0.0990, ends 0.0000 away
#   UniPC: last two sigmas 0.0292 0.0000, last step moves 0.0990, ends 0.0000 away
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import diffusers
import torch

KINDS = {"DEIS": "DEISMultistep", "DPM-Solver++": "DPMSolverMultistep", "UniPC": "UniPCMultistep"}
seen = {}
for name, kind in KINDS.items():
    scheduler = getattr(diffusers, kind + "Scheduler")(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", use_karras_sigmas=True)
    scheduler.set_timesteps(10)
    picture = torch.ones(1, 4, 8, 8)
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    x = (picture + scheduler.sigmas[0] * x) / (1 + scheduler.sigmas[0] ** 2) ** 0.5
    for sigma, t in zip(scheduler.sigmas, scheduler.timesteps):
        before, alpha = x, 1 / (1 + sigma ** 2) ** 0.5
        x = scheduler.step((x - alpha * picture) / (alpha * sigma), t, x).prev_sample
    moved, away = float((x - before).abs().max()), float((x - picture).abs().max())
    last = [float(sigma) for sigma in scheduler.sigmas[-2:]]
    print(f"{name}: last two sigmas {last[0]:.4f} {last[1]:.4f}, "
          f"last step moves {moved:.4f}, ends {away:.4f} away")
    seen[name] = moved, away
assert seen["DEIS"][0] == 0 and seen["DEIS"][1] > 0.01
assert all(seen[name][0] > 0.01 and seen[name][1] < 1e-5 for name in ("DPM-Solver++", "UniPC"))
END
