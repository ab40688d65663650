#!/bin/sh
# `attention_head_dim: 8` is a number of heads in one U-Net and their width in the other.
#
# diffusers 0.42.1. Both classes of U-Net, and the ControlNet, have the setting under one name, and one would
# guess one meaning, that of the name. UNet2DModel (unconditional) divides its channels by it: 8 is a width.
# UNet2DConditionModel (Stable Diffusion) and ControlNetModel take it for the number of heads. The
# shapes of all weights are the same either way, so a reader that takes the one for the other loads every
# tensor and computes another attention.
#
# Seen on 2026-11-29, 32 channels, attention_head_dim 8:
#   UNet2DModel: 4 heads of 8
#   UNet2DConditionModel: 8 heads of 4
#   ControlNetModel: 8 heads of 4
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import ControlNetModel, UNet2DConditionModel, UNet2DModel

plain = UNet2DModel(block_out_channels=(32,), attention_head_dim=8, down_block_types=("AttnDownBlock2D",),
                    up_block_types=("AttnUpBlock2D",))
conditional = UNet2DConditionModel(
    block_out_channels=(32,), attention_head_dim=8, down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
control = ControlNetModel.from_unet(conditional)
heads = {"UNet2DModel": plain.down_blocks[0].attentions[0].heads}
for name, network in (("UNet2DConditionModel", conditional), ("ControlNetModel", control)):
    heads[name] = network.down_blocks[0].attentions[0].transformer_blocks[0].attn1.heads
for name, count in heads.items():
    print(f"{name}: {count} heads of {32 // count}")
assert list(heads.values()) == [4, 8, 8]
END
