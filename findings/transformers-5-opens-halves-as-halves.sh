#!/bin/sh
# A folder in float16 is opened in two types, and does not paint.
#
# diffusers 0.42.1 with transformers 5.24.0. One would guess that from_pretrained without a type gives one
# type for all parts. transformers 5 keeps the type of the file (float16), diffusers widens to float32: the
# pipeline opens without a word and stops at the first attention layer. A `dtype` in the text encoder's
# config.json decides it, whatever the file holds.
#
# Seen on 2026-11-28:
#   config.json without a type: text encoder torch.float16, U-Net torch.float32
#   config.json with float32: text encoder torch.float32, U-Net torch.float32
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
import torch
from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

CLIPTextModel(CLIPTextConfig(
    vocab_size=99, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
    num_attention_heads=1)).half().save_pretrained("text_encoder")
UNet2DConditionModel(
    block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8).half().save_pretrained("unet")
with open("text_encoder/config.json") as file:
    config = json.load(file)
seen = []
for kind in (None, "float32"):
    config.pop("dtype", None)
    if kind:
        config["dtype"] = kind
    with open("text_encoder/config.json", "w") as file:
        json.dump(config, file)
    types = (
        CLIPTextModel.from_pretrained("text_encoder").dtype,
        UNet2DConditionModel.from_pretrained("unet").dtype)
    print("config.json", f"with {kind}:" if kind else "without a type:",
          f"text encoder {types[0]}, U-Net {types[1]}")
    seen.append(types)
assert seen == [(torch.float16, torch.float32), (torch.float32, torch.float32)]
END
