#!/bin/sh
# Whether a walk begins at timestep 999 or 998 is decided by the last bit of a logarithm.
#
# diffusers 0.42.1. With `use_exponential_sigmas` or `use_beta_sigmas` the largest sigma is that of timestep
# 999, and one would guess that DPM-Solver++, DEIS, UniPC and the singlestep solver show the network 999, as
# they do with Karras' sigmas. Karras' timesteps are rounded, the others are cut off: a sigma's logarithm in
# double precision is looked up among logarithms in single precision, gives 998.9999997 on Stable Diffusion's
# schedule, and the integer is 998. On DDPM's schedule the rounding falls the other way: 999. Euler, which
# knows fractions, shows 999 everywhere.
#
# Seen on 2026-11-29, the first timestep with Karras', exponential and beta sigmas:
#   Stable Diffusion's schedule: 999 998 998 for all four solvers, Euler 999 999 999
#   DDPM's schedule: 999 999 999 for all four solvers, Euler 999 999 999
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

SCHEDULES = {
    "Stable Diffusion's": dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
    "DDPM's": dict(beta_start=0.0001, beta_end=0.02, beta_schedule="linear")}
SOLVERS = ("DPMSolverMultistep", "DPMSolverSinglestep", "DEISMultistep", "UniPCMultistep")
SIGMAS = ("karras", "exponential", "beta")


def first(kind, settings, sigmas):
    scheduler = getattr(diffusers, kind + "Scheduler")(**settings, **{f"use_{sigmas}_sigmas": True})
    scheduler.set_timesteps(8)
    return float(scheduler.timesteps[0])


for name, settings in SCHEDULES.items():
    seen = {kind: [first(kind, settings, sigmas) for sigmas in SIGMAS] for kind in (*SOLVERS, "EulerDiscrete")}
    for kind, timesteps in seen.items():
        print(f"{name} schedule, {kind}:", *(f"{t:g}" for t in timesteps))
    expected = [999, 998, 998] if name.startswith("Stable") else [999, 999, 999]
    assert all(seen[kind] == expected for kind in SOLVERS)
    assert all(abs(t - 999) < 1e-3 for t in seen["EulerDiscrete"])
END
