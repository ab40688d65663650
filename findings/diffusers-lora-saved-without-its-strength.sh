#!/bin/sh
# A LoRA saved as documented comes back with another strength.
#
# diffusers 0.42.1, peft 0.21.2. save_lora_weights(folder, unet_lora_layers=...) takes the layers as
# get_peft_model_state_dict gives them, and one would guess that loading the folder gives the network that
# was saved. The file has the two matrices and no alpha, unless the caller also hands over
# `unet_lora_adapter_metadata`; without, alpha is taken to be the rank when it is loaded. Trained with rank 4
# and alpha 16 the LoRA comes back at a quarter of its strength, with alpha 1 at four times it. No warning.
#
# Seen on 2026-11-29, strength after saving and loading, rank 4:
#   alpha 16: 0.25, with the metadata 1
#   alpha 4: 1, with the metadata 1
#   alpha 1: 4, with the metadata 1
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
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.training_utils import _collate_lora_metadata
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict


def made():
    return UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)


layer, seen = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q", []
for alpha in (16, 4, 1):
    trained = made()
    trained.add_adapter(LoraConfig(r=4, lora_alpha=alpha, target_modules=["to_q"], init_lora_weights=False))
    strengths = []
    for metadata in ({}, _collate_lora_metadata({"unet": trained})):
        folder = f"{alpha}-{len(metadata)}"
        StableDiffusionPipeline.save_lora_weights(
            folder, unet_lora_layers=get_peft_model_state_dict(trained), **metadata)
        opened = made()
        weights, alphas, *stated = StableDiffusionPipeline.lora_state_dict(folder, return_lora_metadata=True)
        StableDiffusionPipeline.load_lora_into_unet(weights, alphas, opened, metadata=stated[0])
        change = opened.get_submodule(layer).get_delta_weight("default_0")
        saved = trained.get_submodule(layer).get_delta_weight("default")
        strengths.append(float(change.norm() / saved.norm()))
    seen.append([round(strength, 3) for strength in strengths])
    print(f"alpha {alpha}: {seen[-1][0]:g}, with the metadata {seen[-1][1]:g}")
assert seen == [[0.25, 1], [1, 1], [4, 1]]
END
