#!/bin/sh
# The size in a U-Net's file counts only if the file is new enough.
#
# diffusers 0.42.1. One would guess that a U-Net with `sample_size: 32` paints pictures of 32·f pixels.
# If its config.json says that diffusers below 0.9.0 wrote it, the pipeline takes 64 instead (the
# conversion script of that time wrote 32 for models of 64). The same file with 0.9.0 is believed.
#
# Seen on 2026-11-28, the default height with f = 1:
#   written by 0.8.1: 64
#   written by 0.9.0: 32
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
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

UNet2DConditionModel(
    sample_size=32, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8).save_pretrained("unet")
seen = []
for version in ("0.8.1", "0.9.0"):
    with open("unet/config.json") as file:
        config = json.load(file)
    config["_diffusers_version"] = version
    with open("unet/config.json", "w") as file:
        json.dump(config, file)
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(block_out_channels=(32,)), text_encoder=None, tokenizer=None,
        unet=UNet2DConditionModel.from_pretrained("unet"), scheduler=DDIMScheduler(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    seen.append(pipeline.unet.config.sample_size * pipeline.vae_scale_factor)
    print(f"written by {version}: {seen[-1]}")
assert seen == [64, 32]
END
