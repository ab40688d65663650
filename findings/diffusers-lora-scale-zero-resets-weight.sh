#!/bin/sh
# One picture with the LoRA's scale at 0 changes all pictures after it.
#
# diffusers 0.42.1, peft 0.21.2. `cross_attention_kwargs={"scale": s}` is said of one call, and one would
# guess that the next call draws with what set_adapters set. After any other scale it does. After scale 0
# (the usual "without the LoRA", for comparison) every adapter's weight is 1, whatever it was before: the
# factor cannot be divided out again, and 1 is put in its place.
#
# Seen on 2026-11-28, the weight set to 0.5; the network's output differs from what it was before by
#   after a call with scale 2: 0.0
#   after a call with scale 0: 0.64; from the output with weight 1: 0.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 peft==0.21.2
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig

torch.manual_seed(0)
network = UNet2DConditionModel(
    sample_size=8, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8).eval()
network.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=["to_q", "to_k", "to_v"]), "style")
for name, weight in network.named_parameters():
    if "lora_B" in name:
        torch.nn.init.normal_(weight)
x, words = torch.randn(1, 4, 8, 8), torch.randn(1, 5, 8)


def draw(**more):
    with torch.no_grad():
        return network(x, 10, words, **more).sample


def difference(a, b):
    return float((a - b).abs().max())


network.set_adapters(["style"], [1.0])
whole = draw()
network.set_adapters(["style"], [0.5])
before = draw()
draw(cross_attention_kwargs={"scale": 2.0})
two = difference(draw(), before)
draw(cross_attention_kwargs={"scale": 0.0})
zero, one = difference(draw(), before), difference(draw(), whole)
print(f"after a call with scale 2: {two:.1f}")
print(f"after a call with scale 0: {zero:.2f}; from the output with weight 1: {one:.1f}")
assert two == 0 and zero > 0.01 and one == 0
END
