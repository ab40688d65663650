#!/bin/sh
# The inpainting pipeline does not open a folder that the other pipelines open, because of a warning.
#
# diffusers 0.42.1. One would guess that StableDiffusionInpaintPipeline opens a folder whose U-Net has the
# nine channels that it asks for, whatever `_class_name` says, and that a missing `_diffusers_version` means
# at most an old file, as in the parts' own configs. But where the class name does not say "Inpaint", it
# looks up the version, unguarded, to decide whether to warn: KeyError. Text-to-image and img2img, which
# have no use for nine channels, open the same folder, and so does the inpainting pipeline once the version
# is there.
#
# Seen on 2026-11-28:
#   with its version: StableDiffusionPipeline opens, Img2Img opens, Inpaint opens
#   without: StableDiffusionPipeline opens, Img2Img opens, Inpaint KeyError('_diffusers_version')
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import json
import os

import diffusers
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

letters = [chr(c) for c in range(97, 123)]
tokens = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
os.mkdir("tokenizer")
for name, content in {
    "vocab.json": json.dumps({token: number for number, token in enumerate(tokens)}),
    "merges.txt": "#version: 0.2\n",
    "tokenizer_config.json": json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}),
}.items():
    with open("tokenizer/" + name, "w") as file:
        file.write(content)
network = UNet2DConditionModel(
    in_channels=9, sample_size=64, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
encoder = CLIPTextModel(CLIPTextConfig(
    vocab_size=54, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1))
diffusers.StableDiffusionPipeline(
    vae=AutoencoderKL(block_out_channels=(32,)), text_encoder=encoder,
    tokenizer=CLIPTokenizer.from_pretrained("tokenizer"), unet=network,
    scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None,
    requires_safety_checker=False).save_pretrained("saved")
with open("saved/model_index.json") as file:
    index = json.load(file)


def outcomes():
    seen = []
    for kind in ("", "Img2Img", "Inpaint"):
        try:
            getattr(diffusers, f"StableDiffusion{kind}Pipeline").from_pretrained("saved")
            outcome = "opens"
        except KeyError as error:
            outcome = repr(error)
        seen.append(f"{kind or 'StableDiffusionPipeline'} {outcome}")
    return ", ".join(seen)


before = outcomes()
del index["_diffusers_version"]
with open("saved/model_index.json", "w") as file:
    json.dump(index, file)
after = outcomes()
print("with its version:", before)
print("without:", after)
assert before == "StableDiffusionPipeline opens, Img2Img opens, Inpaint opens"
assert after == "StableDiffusionPipeline opens, Img2Img opens, Inpaint KeyError('_diffusers_version')"
END
