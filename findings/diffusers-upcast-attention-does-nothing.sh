#!/bin/sh
# `upcast_attention: true` does nothing.
#
# diffusers 0.42.1. The U-Net config of Stable Diffusion 2.1 states it, because its attention overflows in
# half precision, and one would guess that a half-width network with it multiplies queries and keys in single
# precision. Only the old AttnProcessor reads it. The processor that is set by default hands
# everything to torch's fused attention, and its output is the same, to the bit, with and without.
#
# Seen on 2026-11-28, bfloat16, difference between true and false:
#   AttnProcessor2_0 (default): 0.00
#   AttnProcessor: 0.14
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
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0


def draw(upcast, processor):
    torch.manual_seed(0)
    network = UNet2DConditionModel(
        sample_size=8, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8, upcast_attention=upcast)
    for name, weight in network.named_parameters():
        if "to_q" in name or "to_k" in name:
            weight.data *= 8
    assert all(type(each) is AttnProcessor2_0 for each in network.attn_processors.values())
    if processor is not None:
        network.set_attn_processor(processor)
    network = network.eval().bfloat16()
    with torch.no_grad():
        x, words = torch.randn(1, 4, 8, 8).bfloat16(), torch.randn(1, 5, 8).bfloat16()
        return network(x, 10, words).sample.float()


seen = []
for name, processor in (("AttnProcessor2_0 (default)", None), ("AttnProcessor", AttnProcessor())):
    seen.append(float((draw(True, processor) - draw(False, processor)).abs().max()))
    print(f"{name}: {seen[-1]:.2f}")
assert seen[0] == 0 and seen[1] > 0.01
END
