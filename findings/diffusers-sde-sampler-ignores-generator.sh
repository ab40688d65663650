#!/bin/sh
# DPM++ SDE draws another picture every time, whatever generator it is given.
#
# diffusers 0.42.1, torchsde 0.2.6. `pipeline(..., generator=g)` is the documented way to a picture that
# can be drawn again, and one would guess that every sampler's noise comes from g. DPMSolverSDEScheduler has
# no such argument; the pipeline notices and says nothing. Its Brownian tree is seeded from torch's global
# generator, so only torch.manual_seed repeats the picture; `noise_sampler_seed` in the config
# does too, but then all pictures have the same noise after the start. The sampler of the same name in
# DPMSolverMultistepScheduler (sde-dpmsolver++) heeds the generator.
#
# Seen on 2026-11-28, two pictures from the same generator's seed:
#   EulerAncestralDiscreteScheduler: equal
#   DPMSolverMultistepScheduler: equal
#   DPMSolverSDEScheduler: differ; with torch.manual_seed: equal
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 scipy==1.17.1 torchsde==0.2.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers import (AutoencoderKL, DPMSolverMultistepScheduler, DPMSolverSDEScheduler,
                       EulerAncestralDiscreteScheduler, StableDiffusionPipeline, UNet2DConditionModel)

torch.manual_seed(0)
network = UNet2DConditionModel(
    sample_size=64, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
words = torch.randn(1, 5, 8)


def draw(scheduler, seed=None):
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(block_out_channels=(32,)), text_encoder=None, tokenizer=None, unet=network,
        scheduler=scheduler, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    if seed is not None:
        torch.manual_seed(seed)
    return pipeline(
        prompt_embeds=words, negative_prompt_embeds=-words, height=16, width=16, num_inference_steps=4,
        generator=torch.Generator().manual_seed(0), output_type="latent").images


def compare(make, seed=None):
    return "equal" if torch.equal(draw(make(), seed), draw(make(), seed)) else "differ"


ancestral = compare(EulerAncestralDiscreteScheduler)
multistep = compare(lambda: DPMSolverMultistepScheduler(algorithm_type="sde-dpmsolver++"))
tree, seeded = compare(DPMSolverSDEScheduler), compare(DPMSolverSDEScheduler, seed=5)
print("EulerAncestralDiscreteScheduler:", ancestral)
print("DPMSolverMultistepScheduler:", multistep)
print(f"DPMSolverSDEScheduler: {tree}; with torch.manual_seed: {seeded}")
assert (ancestral, multistep, tree, seeded) == ("equal", "equal", "differ", "equal")
END
