#!/bin/sh
# A pipeline saved as .bin is half a safetensors folder.
#
# diffusers 0.42.1 with transformers 5.24.0. One would guess that `safe_serialization=False` makes every
# weight of a pipeline a .bin file. transformers 5 accepts the argument and ignores it: U-Net and VAE are
# .bin, the text encoder is .safetensors, in one folder. A reader that settles on one format by the first
# part that it meets does not find the others.
#
# Seen on 2026-11-28:
#   text_encoder/model.safetensors
#   unet/diffusion_pytorch_model.bin
#   vae/diffusion_pytorch_model.bin
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from pathlib import Path

from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

StableDiffusionPipeline(
    vae=AutoencoderKL(block_out_channels=(32,)),
    text_encoder=CLIPTextModel(CLIPTextConfig(
        vocab_size=99, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1)),
    tokenizer=None,
    unet=UNet2DConditionModel(
        sample_size=64, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8),
    scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None,
    requires_safety_checker=False).save_pretrained("model", safe_serialization=False)
found = sorted(
    str(path.relative_to("model")) for path in Path("model").rglob("*")
    if path.suffix in (".bin", ".safetensors"))
print("\n".join(found))
assert found == [
    "text_encoder/model.safetensors", "unet/diffusion_pytorch_model.bin",
    "vae/diffusion_pytorch_model.bin"]
END
