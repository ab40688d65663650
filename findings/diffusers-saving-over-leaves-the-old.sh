#!/bin/sh
# Saving a network over another leaves the old one to be opened.
#
# diffusers 0.42.1. One would guess that after save_pretrained the folder holds what was saved. Saved
# as .bin into a folder with .safetensors, the old .safetensors stays and is opened, silently. Saved in one
# file where there were several, the old shards are removed, but not their index: it is found first, and
# asks for them. A training that saves its progress into one folder may be judged by its first state.
#
# Seen on 2026-11-29:
#   .safetensors, then .bin: the old network opens
#   several files, then one: FileNotFoundError
#   .bin, then .safetensors: the new network opens
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
from diffusers import UNet2DConditionModel

network = UNet2DConditionModel(
    sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)
ways = {
    ".safetensors, then .bin": (dict(), dict(safe_serialization=False)),
    "several files, then one": (dict(max_shard_size="500KB"), dict()),
    ".bin, then .safetensors": (dict(safe_serialization=False), dict()),
}
seen = []
for number, (name, saves) in enumerate(ways.items()):
    for value, arguments in enumerate(saves):
        torch.nn.init.constant_(network.conv_in.bias, value)
        network.save_pretrained(f"{number}", **arguments)
    try:
        bias = float(UNet2DConditionModel.from_pretrained(f"{number}").conv_in.bias[0])
        seen.append("the new network opens" if bias == 1 else "the old network opens")
    except OSError as error:
        seen.append(type(error).__name__)
    print(f"{name}: {seen[-1]}")
assert seen == ["the old network opens", "FileNotFoundError", "the new network opens"]
END
