#!/bin/sh
# The dictionary of attention processors is empty after it was set.
#
# diffusers 0.42.1. Whoever looks at attention keeps `original = unet.attn_processors`, sets other
# processors, and sets `original` again when done. One would guess that this may be repeated: setting is
# no reason to change the dictionary that is handed over. set_attn_processor takes each processor out of
# it. The first restoring works, the second ends in a ValueError about a number of 0 processors, and two
# networks cannot be given the same dictionary.
#
# Seen on 2026-11-29:
#   processors in the dictionary: 12, after it was set: 0
#   set again: ValueError
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
    sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)
original = network.attn_processors
before = len(original)
network.set_attn_processor(original)
print(f"processors in the dictionary: {before}, after it was set: {len(original)}")
try:
    network.set_attn_processor(original)
    end = "works"
except ValueError as error:
    end = type(error).__name__
print(f"set again: {end}")
assert (before, len(original), end) == (12, 0, "ValueError")
END
