#!/bin/sh
# A network that is saved while a LoRA is loaded opens without its own weights.
#
# diffusers 0.42.1, peft 0.21.2. One would guess that save_pretrained of a U-Net with a LoRA saves the U-Net,
# with or without the LoRA's change. It saves the layers as peft wraps them, under names like
# "to_q.base_layer.weight", which no from_pretrained looks for. The folder opens: with a long warning,
# in which the layers that the LoRA touched are called "newly initialized", and without any numbers in them
# (they stay on the device "meta"). The LoRA must be fused or unloaded before.
#
# Seen on 2026-11-29:
#   saved: ...to_q.base_layer.weight and 2 of the LoRA
#   opened: to_q on meta, to_k on cpu
#   saved after unload_lora: to_q on cpu
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 peft==0.21.2
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from diffusers import UNet2DConditionModel
from peft import LoraConfig
from safetensors import safe_open

network = UNet2DConditionModel(
    sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)
layer = "mid_block.attentions.0.transformer_blocks.0.attn1."
network.add_adapter(LoraConfig(r=4, target_modules=["to_q"]))
network.save_pretrained("with")
with safe_open("with/diffusion_pytorch_model.safetensors", "pt") as file:
    names = [name.removeprefix(layer) for name in file.keys() if name.startswith(layer + "to_q")]
print(f"saved: ...{names[0]} and {len(names) - 1} of the LoRA")
assert names == ["to_q.base_layer.weight", "to_q.lora_A.default.weight", "to_q.lora_B.default.weight"]
opened = UNet2DConditionModel.from_pretrained("with")
devices = [opened.get_parameter(layer + name + ".weight").device.type for name in ("to_q", "to_k")]
print(f"opened: to_q on {devices[0]}, to_k on {devices[1]}")
network.unload_lora()
network.save_pretrained("without")
after = UNet2DConditionModel.from_pretrained("without").get_parameter(layer + "to_q.weight").device.type
print(f"saved after unload_lora: to_q on {after}")
assert devices == ["meta", "cpu"] and after == "cpu"
END
