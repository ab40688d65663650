#!/bin/sh
# What diffusers saves in several .bin files it cannot open.
#
# diffusers 0.42.1. One would guess that save_pretrained and from_pretrained are each other's inverse.
# With `safe_serialization=False` and a `max_shard_size` that makes several files, the folder is written
# (an index and its shards) and cannot be opened: from_pretrained looks for one .bin or for safetensors
# only. In one .bin, or in several safetensors, the same network opens.
#
# Seen on 2026-11-28:
#   one .bin: opens
#   several .bin: OSError
#   several .safetensors: opens
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import UNet2DConditionModel

network = UNet2DConditionModel(
    block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
ways = {
    "one .bin": dict(safe_serialization=False),
    "several .bin": dict(safe_serialization=False, max_shard_size="200KB"),
    "several .safetensors": dict(max_shard_size="200KB"),
}
seen = {}
for name, way in ways.items():
    folder = name.replace(" ", "-")
    network.save_pretrained(folder, **way)
    try:
        UNet2DConditionModel.from_pretrained(folder)
        seen[name] = "opens"
    except Exception as error:
        seen[name] = type(error).__name__
    print(f"{name}: {seen[name]}")
assert seen == {"one .bin": "opens", "several .bin": "OSError", "several .safetensors": "opens"}
END
