#!/bin/sh
# TCD's own strength of noise, 0.3, is 0 in every pipeline.
#
# diffusers 0.42.1. `TCDScheduler.step` has `eta=0.3`, the value that its paper recommends, and one would
# guess that a pipeline that says nothing of eta draws with it. The pipelines' own `eta=0.0`, documented as
# a parameter of DDIM only, is handed to every scheduler whose step has an argument of that name: TCD then
# draws no noise at all, and the same latents end at the same picture whatever the generator.
#
# Seen on 2026-11-29, two pictures from the same latents and generators of two seeds:
#   pipeline(...): equal; pipeline(..., eta=0.3): differ; TCDScheduler.step's default: 0.3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import inspect
import logging

logging.disable(logging.WARNING)
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, TCDScheduler, UNet2DConditionModel

torch.manual_seed(0)
network = UNet2DConditionModel(
    sample_size=64, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
words, latents = torch.randn(1, 5, 8), torch.randn(1, 4, 2, 2)
pipeline = StableDiffusionPipeline(
    vae=AutoencoderKL(block_out_channels=(32,)), text_encoder=None, tokenizer=None, unet=network,
    scheduler=TCDScheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False)
pipeline.set_progress_bar_config(disable=True)


def draw(seed, **more):
    return pipeline(
        prompt_embeds=words, negative_prompt_embeds=-words, height=16, width=16, num_inference_steps=4,
        latents=latents, generator=torch.Generator().manual_seed(seed), output_type="latent", **more).images


def compare(**more):
    return "equal" if torch.equal(draw(0, **more), draw(1, **more)) else "differ"


silent, given = compare(), compare(eta=0.3)
default = inspect.signature(TCDScheduler.step).parameters["eta"].default
print(f"pipeline(...): {silent}; pipeline(..., eta=0.3): {given}; TCDScheduler.step's default: {default}")
assert (silent, given, default) == ("equal", "differ", 0.3)
END
