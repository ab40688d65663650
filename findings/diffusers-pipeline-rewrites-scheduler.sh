#!/bin/sh
# A pipeline rewrites the scheduler that it is handed, and the file is not believed.
#
# diffusers 0.42.1. One would guess that a scheduler file which says `steps_offset: 0` is walked with an
# offset of 0. StableDiffusionPipeline sets it to 1 when it is made, and clip_sample to False, in the very
# object that it was handed, so that the same scheduler walks other timesteps afterwards, outside the
# pipeline too. A scheduler assigned later (pipeline.scheduler = ...) is left as it is.
#
# Seen on 2026-11-28:
#   before [750, 500, 250, 0] clip_sample True
#   after [751, 501, 251, 1] clip_sample False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

scheduler = DDIMScheduler(steps_offset=0)


def walk():
    scheduler.set_timesteps(4)
    return scheduler.timesteps.tolist(), scheduler.config.clip_sample


before = walk()
StableDiffusionPipeline(
    vae=AutoencoderKL(block_out_channels=(32,)), text_encoder=None, tokenizer=None,
    unet=UNet2DConditionModel(
        sample_size=64, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8),
    scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
after = walk()
print("before", before[0], "clip_sample", before[1])
print("after", after[0], "clip_sample", after[1])
assert before == ([750, 500, 250, 0], True) and after == ([751, 501, 251, 1], False)
END
