#!/bin/sh
# Of fifty steps of DDPM each takes away what one of a thousand would.
#
# monai 1.6.1, the library of latent diffusion for medical pictures. set_timesteps(50) of its DDPMScheduler spreads
# fifty timesteps over the thousand of training, and one would guess that a step goes from one of them to the next. It
# goes to the timestep before, t-1, whatever comes next: the network is told 999, 979, 958 and so on, while what it
# is shown has had a thousandth of the noise removed each time. The result is noise for the most part, and the
# fewer the steps the more; there is no warning. With all thousand steps it is right. The DDIMScheduler beside it
# takes the same calls and does go down by whole steps.
#
# Seen on 2026-11-30, pictures of deviation 0.25 and the best network for them, deviation of what is made:
#   DDPMScheduler: 1000 steps 0.245, 250 steps 0.536, 50 steps 0.860
#   DDIMScheduler: 1000 steps 0.247, 250 steps 0.244, 50 steps 0.231
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 monai==1.6.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from monai.networks.schedulers import DDIMScheduler, DDPMScheduler

deviation, seen = 0.25, {}
for kind in (DDPMScheduler, DDIMScheduler):
    for steps in (1000, 250, 50):
        torch.manual_seed(0)
        scheduler = kind(num_train_timesteps=1000, clip_sample=False)
        scheduler.set_timesteps(steps)
        made = torch.randn(1, 1, 64, 64)
        for step in scheduler.timesteps:
            kept = scheduler.alphas_cumprod[step]
            noise = (1 - kept).sqrt() * made / (kept * deviation ** 2 + 1 - kept)
            made, _ = scheduler.step(noise, step, made)
        seen[kind, steps] = float(made.std())
    print(kind.__name__ + ": " + ", ".join(f"{steps} steps {seen[kind, steps]:.3f}" for steps in (1000, 250, 50)))
assert abs(seen[DDPMScheduler, 1000] - deviation) < 0.02 and abs(seen[DDIMScheduler, 50] - deviation) < 0.03
assert seen[DDPMScheduler, 250] > 2 * deviation and seen[DDPMScheduler, 50] > 3 * deviation
END
