#!/bin/sh
# The range of Karras sigmas depends on the sampler and on the number of steps.
#
# diffusers 0.42.1. One would guess that Karras sigmas go from the model's largest to its smallest (14.61
# and 0.029 with Stable Diffusion), as published. With DPM-Solver++ and UniPC they do. Euler, Heun and LMS
# space them between the sigmas of the timesteps that they would have walked without Karras: with the
# "leading" spacing of Stable Diffusion's files they start lower, the lower the fewer the steps, and the walk
# begins with less noise than the model was trained to begin with. The names and the file are the same.
#
# Seen on 2026-11-28, the first sigma and the last above 0, spacing "leading":
#   EulerDiscreteScheduler: 10 steps 8.39 to 0.041, 50 steps 13.12 to 0.041
#   HeunDiscreteScheduler: 10 steps 8.39 to 0.041, 50 steps 13.12 to 0.041
#   LMSDiscreteScheduler: 10 steps 8.39 to 0.041, 50 steps 13.12 to 0.041
#   DPMSolverMultistepScheduler: 10 steps 14.61 to 0.029, 50 steps 14.61 to 0.029
#   UniPCMultistepScheduler: 10 steps 14.61 to 0.029, 50 steps 14.61 to 0.029
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

seen = {}
for kind in ("EulerDiscrete", "HeunDiscrete", "LMSDiscrete", "DPMSolverMultistep", "UniPCMultistep"):
    ranges = []
    for steps in (10, 50):
        scheduler = getattr(diffusers, kind + "Scheduler")(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", use_karras_sigmas=True,
            timestep_spacing="leading", steps_offset=1)
        scheduler.set_timesteps(steps)
        above = [float(sigma) for sigma in scheduler.sigmas if sigma > 0]
        ranges.append((steps, above[0], above[-1]))
    print(f"{kind}Scheduler: " + ", ".join(f"{n} steps {a:.2f} to {b:.3f}" for n, a, b in ranges))
    seen[kind] = [round(first, 1) for _, first, _ in ranges]
for kind in ("DPMSolverMultistep", "UniPCMultistep"):
    assert seen[kind] == [14.6, 14.6]
for kind in ("EulerDiscrete", "HeunDiscrete", "LMSDiscrete"):
    assert seen[kind][0] < 9 and 12 < seen[kind][1] < 14
END
