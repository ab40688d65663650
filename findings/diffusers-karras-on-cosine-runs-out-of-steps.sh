#!/bin/sh
# Karras sigmas on a cosine schedule: the multistep samplers run out of steps.
#
# diffusers 0.42.1. Both settings are accepted together by from_config and set_timesteps, and the samplers
# that keep fractional timesteps (Euler, Heun, LMS) walk to the end. DPM-Solver++, UniPC and DEIS round the
# timesteps: a cosine schedule's largest sigmas lie so close together that 20 Karras sigmas have 12
# different timesteps. Which step it is, step() looks up by the timestep, takes the second of equal ones to
# begin with, and ends with an IndexError or an AssertionError without a message.
#
# Seen on 2026-11-28, 20 steps:
#   EulerDiscreteScheduler 20 different timesteps: walks to the end
#   HeunDiscreteScheduler 20 different timesteps: walks to the end
#   LMSDiscreteScheduler 20 different timesteps: walks to the end
#   DPMSolverMultistepScheduler 12 different timesteps: IndexError
#   DEISMultistepScheduler 12 different timesteps: IndexError
#   UniPCMultistepScheduler 12 different timesteps: AssertionError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 scipy==1.17.1 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import diffusers
import torch

KINDS = ("EulerDiscrete", "HeunDiscrete", "LMSDiscrete", "DPMSolverMultistep", "DEISMultistep",
         "UniPCMultistep")
seen = []
for kind in KINDS:
    scheduler = getattr(diffusers, kind + "Scheduler")(
        beta_schedule="squaredcos_cap_v2", use_karras_sigmas=True)
    scheduler.set_timesteps(20)
    different = len(set(map(float, scheduler.timesteps)))
    x, outcome = torch.zeros(1, 4, 8, 8), "walks to the end"
    try:
        for t in scheduler.timesteps:
            x = scheduler.step(0.1 * scheduler.scale_model_input(x, t), t, x).prev_sample
    except (IndexError, AssertionError) as error:
        outcome = type(error).__name__
    seen.append((different, outcome))
    print(f"{kind}Scheduler {different} different timesteps: {outcome}")
assert seen == [(20, "walks to the end")] * 3 + [(12, "IndexError")] * 2 + [(12, "AssertionError")]
END
