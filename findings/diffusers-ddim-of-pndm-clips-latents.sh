#!/bin/sh
# Changing PNDM for DDIM clips the latents of Stable Diffusion.
#
# diffusers 0.42.1. One would guess that DDIMScheduler.from_config(pipeline.scheduler.config) walks
# latents as PNDM did. The file that PNDM saves has no `clip_sample`, DDIM's default is True, and the
# pipeline's own correction (it sets clip_sample to False) was made when it was built and is not made
# again: the predicted latent is clipped to [-1, 1] at every step. Latents of Stable Diffusion have a
# standard deviation of 1, so a third of all values is cut.
#
# Seen on 2026-11-28:
#   clip_sample of DDIM made from PNDM's file: True
#   largest value of the predicted latent: 1.0 of 3.4
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
from diffusers import DDIMScheduler, PNDMScheduler

PNDMScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True,
    steps_offset=1).save_pretrained("scheduler")
pndm = PNDMScheduler.from_pretrained("scheduler")
ddim = DDIMScheduler.from_config(pndm.config)
ddim.set_timesteps(10)
generator = torch.Generator().manual_seed(0)
latent = torch.randn(1, 4, 8, 8, generator=generator)
noise = torch.randn(1, 4, 8, 8, generator=generator)
t = ddim.timesteps[5]
noisy = ddim.add_noise(latent, noise, t)
predicted = ddim.step(noise, t, noisy).pred_original_sample
print("clip_sample of DDIM made from PNDM's file:", ddim.config.clip_sample)
print(f"largest value of the predicted latent: {predicted.abs().max():.1f} of {latent.abs().max():.1f}")
assert ddim.config.clip_sample and predicted.abs().max() == 1 and latent.abs().max() > 2
END
