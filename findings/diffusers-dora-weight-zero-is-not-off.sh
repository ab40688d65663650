#!/bin/sh
# A DoRA with weight 0 still changes the picture.
#
# diffusers 0.42.1, peft 0.21.2. One would guess that `set_adapters(name, 0)` and a scale of 0 give the
# picture of the network without the adapter: with LoRA they do, to the bit. DoRA has a trained length for
# every output beside the two matrices, and the weight multiplies the matrices only: at 0 the outputs still
# get the trained lengths. Only disable_adapters (or unloading) turns it off.
#
# Seen on 2026-11-28, difference from the network without the adapter:
#   LoRA: weight 0 0.00, scale 0 0.00, disabled 0.00
#   DoRA: weight 0 0.30, scale 0 0.30, disabled 0.00
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

seen = {}
for kind in ("LoRA", "DoRA"):
    torch.manual_seed(0)
    network = UNet2DConditionModel(
        sample_size=8, block_out_channels=(32,), down_block_types=("CrossAttnDownBlock2D",),
        up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8).eval()
    x, words = torch.randn(1, 4, 8, 8), torch.randn(1, 5, 8)

    def draw(**more):
        with torch.no_grad():
            return network(x, 10, words, **more).sample

    without = draw()
    network.add_adapter(
        LoraConfig(r=4, target_modules=["to_q", "to_k", "to_v", "to_out.0"], use_dora=kind == "DoRA"), "style")
    for name, weight in network.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
        if "magnitude" in name:
            weight.data *= 1.5
    outputs = {"scale 0": draw(cross_attention_kwargs={"scale": 0.0})}
    network.set_adapters(["style"], [0.0])
    outputs["weight 0"] = draw()
    network.disable_adapters()
    outputs["disabled"] = draw()
    differences = {name: float((outputs[name] - without).abs().max())
                   for name in ("weight 0", "scale 0", "disabled")}
    print(f"{kind}: " + ", ".join(f"{name} {value:.2f}" for name, value in differences.items()))
    seen[kind] = list(differences.values())
assert seen["LoRA"] == [0, 0, 0] and seen["DoRA"][2] == 0 and min(seen["DoRA"][:2]) > 0.1
END
