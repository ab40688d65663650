#!/bin/sh
# A flow walked on Karras sigmas begins at a sigma of 157, of a range that ends at 1.
#
# diffusers 0.42.1. DPM-Solver++ and UniPC take flows with `use_flow_sigmas` and have `use_karras_sigmas`,
# `use_exponential_sigmas` and `use_beta_sigmas` beside it, and one would guess that the two together space a flow's sigmas,
# which are shares of noise between 0 and 1, or are refused. The second setting is looked at first, and the
# sigmas are those of the diffusion schedule that the class has by default; the share of the picture is then 1 - 157.
# The timesteps shown to the network are the diffusion's too. The picture is not a number, without a word. Only UniPC
# with Karras sigmas walks a flow, from timestep 993.
#
# Seen on 2026-11-29, ten steps, data that is one Gaussian of deviation 0.5, the exact velocity:
#   DPMSolverMultistepScheduler, flow: first sigma 0.999, first timestep 999, deviation 0.50
#   DPMSolverMultistepScheduler, karras: first sigma 157, first timestep 999, deviation nan
#   DPMSolverMultistepScheduler, exponential: first sigma 157, first timestep 999, deviation nan
#   DPMSolverMultistepScheduler, beta: first sigma 157, first timestep 999, deviation nan
#   UniPCMultistepScheduler, flow: first sigma 1, first timestep 999, deviation 0.51
#   UniPCMultistepScheduler, karras: first sigma 0.994, first timestep 993, deviation 0.58
#   UniPCMultistepScheduler, exponential: first sigma 157, first timestep 999, deviation nan
#   UniPCMultistepScheduler, beta: first sigma 157, first timestep 999, deviation nan
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers import DPMSolverMultistepScheduler, UniPCMultistepScheduler

deviation, seen = 0.5, {}
for kind in (DPMSolverMultistepScheduler, UniPCMultistepScheduler):
    for spacing in ("flow", "karras", "exponential", "beta"):
        settings = {} if spacing == "flow" else {f"use_{spacing}_sigmas": True}
        scheduler = kind(use_flow_sigmas=True, prediction_type="flow_prediction", **settings)
        scheduler.set_timesteps(10)
        torch.manual_seed(0)
        x = torch.randn(1, 4, 64, 64, dtype=torch.float64)
        for sigma, time in zip(scheduler.sigmas, scheduler.timesteps):
            noise = float(sigma)
            picture = (1 - noise) * deviation**2 / (((1 - noise) * deviation) ** 2 + noise**2) * x
            x = scheduler.step((x - picture) / noise, time, x).prev_sample
        seen[kind, spacing] = float(scheduler.sigmas[0]), float(x.std())
        print(f"{kind.__name__}, {spacing}: first sigma {float(scheduler.sigmas[0]):.3g}, "
              f"first timestep {int(scheduler.timesteps[0])}, deviation {float(x.std()):.2f}")
        flow = spacing == "flow" or (kind is UniPCMultistepScheduler and spacing == "karras")
        assert (seen[kind, spacing][0] <= 1) == flow and (abs(seen[kind, spacing][1] - deviation) < 0.1) == flow
END
