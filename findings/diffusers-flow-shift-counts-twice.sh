#!/bin/sh
# The shift that a flow-matching file states is applied twice at its lower end.
#
# diffusers 0.42.1, FlowMatchEulerDiscreteScheduler (Stable Diffusion 3, Flux and others). One would guess
# that `shift=3` and set_shift(3) on a scheduler without shift walk the same sigmas. The first computes its
# smallest sigma with the shift, spaces the steps down to there, and shifts them again: the last sigma above
# 0 is 0.0089 in place of 0.0030, and all between are moved too. The same numbers come of one shift only
# where it is 1.
#
# Seen on 2026-11-28, four steps:
#   shift=3:      1.0000 0.8577 0.6022 0.0089 0.0000
#   set_shift(3): 1.0000 0.8573 0.6007 0.0030 0.0000
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import FlowMatchEulerDiscreteScheduler

stated, later = FlowMatchEulerDiscreteScheduler(shift=3.0), FlowMatchEulerDiscreteScheduler()
later.set_shift(3.0)
seen = []
for name, scheduler in (("shift=3:     ", stated), ("set_shift(3):", later)):
    scheduler.set_timesteps(4)
    seen.append(" ".join(f"{float(sigma):.4f}" for sigma in scheduler.sigmas))
    print(name, seen[-1])
assert seen == ["1.0000 0.8577 0.6022 0.0089 0.0000", "1.0000 0.8573 0.6007 0.0030 0.0000"]
END
