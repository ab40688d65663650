#!/bin/sh
# Making an img2img pipeline of a half-precision one turns that one into single precision.
#
# diffusers 0.42.1. `from_pipe` makes another pipeline of the same parts, so that they are in memory once, and
# one would guess that the given pipeline stays as it is. Without `torch_dtype` the parts, which both
# pipelines share, are converted to float32: the given pipeline's weights are twice as large, its next picture
# is another, and latents kept in bfloat16 no longer fit it. No warning.
#
# Seen on 2026-11-29, the U-Net of the given pipeline:
#   before: torch.bfloat16
#   after: torch.float32, shared by both: True
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
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionPipeline

network = UNet2DConditionModel(
    sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)
given = StableDiffusionPipeline(
    vae=AutoencoderKL(block_out_channels=(32,)), text_encoder=None, tokenizer=None, unet=network,
    scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False)
given.to(torch.bfloat16)
print(f"before: {given.unet.dtype}")
assert given.unet.dtype == torch.bfloat16
made = StableDiffusionImg2ImgPipeline.from_pipe(given)
print(f"after: {given.unet.dtype}, shared by both: {made.unet is given.unet}")
assert given.unet.dtype == torch.float32 and made.unet is given.unet
END
