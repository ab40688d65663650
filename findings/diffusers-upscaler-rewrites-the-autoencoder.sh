#!/bin/sh
# An upscaling pipeline changes the autoencoder for all others that use it.
#
# diffusers 0.42.1. A pipeline is a way of using its parts, and one would guess that building one leaves
# them alone. StableDiffusionUpscalePipeline expects a scaling factor of 0.08333; where the autoencoder's is
# another, its message says that one should change the file, and it changes the object itself. A text-to-image
# pipeline with the same autoencoder then divides by 0.08333 in place of 0.18215, its latents are 2.2 times
# too large for the decoder, and save_pretrained writes the new number.
#
# Seen on 2026-11-29:
#   before: 0.18215
#   after: 0.08333, in the file 0.08333
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import json
import logging

logging.disable(logging.WARNING)
from diffusers import AutoencoderKL, DDIMScheduler, DDPMScheduler, StableDiffusionUpscalePipeline
from diffusers import UNet2DConditionModel

autoencoder = AutoencoderKL(block_out_channels=(32,))
network = UNet2DConditionModel(
    sample_size=8, in_channels=7, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
seen = [autoencoder.config.scaling_factor]
StableDiffusionUpscalePipeline(
    vae=autoencoder, text_encoder=None, tokenizer=None, unet=network, low_res_scheduler=DDPMScheduler(),
    scheduler=DDIMScheduler())
seen.append(autoencoder.config.scaling_factor)
autoencoder.save_pretrained("saved")
with open("saved/config.json") as file:
    seen.append(json.load(file)["scaling_factor"])
print(f"before: {seen[0]}\nafter: {seen[1]}, in the file {seen[2]}")
assert seen == [0.18215, 0.08333, 0.08333]
END
