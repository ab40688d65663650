#!/bin/sh
# CFG-Zero* leaves noise in the pictures of noise-predicting models, and is NaN beside guidance_rescale.
#
# diffusers 0.42.1, ClassifierFreeZeroStarGuidance, for modular pipelines, Stable Diffusion XL's among them. It
# answers the first step with zeros. For a flow a velocity of 0 stands still, and one would guess that the guider
# does the same with any model that it is handed to, as the others do. To a noise predictor 0 says that there is
# no noise: Euler stands still while sigma falls, and what was not removed stays for good, most with
# few steps. With `guidance_rescale`, the second setting of the same class, the zeros are divided by their own
# deviation: the first step, and with it the picture, is not a number, for flows too, without a word.
#
# Seen on 2026-11-29, data that is one Gaussian of deviation 0.5 with the exact network, the deviation drawn by plain
# guidance, by CFG-Zero*, and by CFG-Zero* with guidance_rescale=0.7 (prompt without effect, scale 2):
#   flow, 10 steps: 0.43 0.48 nan
#   noise, 10 steps: 0.39 0.73 nan
#   noise, 20 steps: 0.44 0.60 nan
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging
import math

logging.disable(logging.WARNING)
import torch
from diffusers import EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler
from diffusers.guiders import ClassifierFreeGuidance, ClassifierFreeZeroStarGuidance

deviation = 0.5


def drawn(kind, steps, guider):
    if kind == "flow":
        scheduler = FlowMatchEulerDiscreteScheduler()
    else:
        scheduler = EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="linspace")
    scheduler.set_timesteps(steps)
    torch.manual_seed(0)
    x = torch.randn(1, 4, 64, 64, dtype=torch.float64) * (1 if kind == "flow" else scheduler.init_noise_sigma)
    for index, time in enumerate(scheduler.timesteps):
        sigma = float(scheduler.sigmas[index])
        alpha = 1 - sigma if kind == "flow" else 1
        picture = alpha * deviation**2 / ((alpha * deviation) ** 2 + sigma**2) * x
        predicted = (x - picture) / sigma
        guider.set_state(step=index, num_inference_steps=steps, timestep=time)
        x = scheduler.step(guider.forward(predicted, predicted).pred, time, x).prev_sample
    return float(x.std())


seen = {}
for kind, steps in (("flow", 10), ("noise", 10), ("noise", 20)):
    seen[kind, steps] = [drawn(kind, steps, guider) for guider in (
        ClassifierFreeGuidance(guidance_scale=2.0),
        ClassifierFreeZeroStarGuidance(guidance_scale=2.0),
        ClassifierFreeZeroStarGuidance(guidance_scale=2.0, guidance_rescale=0.7),
    )]
    print(f"{kind}, {steps} steps: {' '.join(f'{number:.2f}' for number in seen[kind, steps])}")
    assert math.isnan(seen[kind, steps][2])
assert abs(seen["flow", 10][1] - seen["flow", 10][0]) < 0.1
assert seen["noise", 10][1] > 0.7 > seen["noise", 20][1] > 0.58
END
