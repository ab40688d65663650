#!/bin/sh
# The same scheduler walks other timesteps after a way through the disk.
#
# diffusers 0.42.1. One would guess that Euler.from_config(ddim.config) does not depend on whether that
# DDIM scheduler was built in memory or loaded from the file that it wrote. It does: a scheduler built in
# memory remembers which settings were defaults, and from_config leaves those out, so the new class takes
# its own (linspace, 999 first); the file states them all, and the new class takes the file's (leading).
# Golden numbers made without saving are those of another walk.
#
# Seen on 2026-11-28:
#   EulerDiscreteScheduler built [999, 666, 333, 0] loaded [751, 501, 251, 1]
#   DPMSolverMultistepScheduler built [999, 749, 500, 250] loaded [801, 601, 401, 201]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler

built = DDIMScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
    set_alpha_to_one=False, steps_offset=1)
built.save_pretrained("scheduler")
loaded = DDIMScheduler.from_pretrained("scheduler")
seen = []
for kind in (EulerDiscreteScheduler, DPMSolverMultistepScheduler):
    walks = []
    for source in (built, loaded):
        scheduler = kind.from_config(source.config)
        scheduler.set_timesteps(4)
        walks.append([int(t) for t in scheduler.timesteps])
    print(kind.__name__, "built", walks[0], "loaded", walks[1])
    seen.append(walks)
assert seen == [
    [[999, 666, 333, 0], [751, 501, 251, 1]], [[999, 749, 500, 250], [801, 601, 401, 201]]]
END
