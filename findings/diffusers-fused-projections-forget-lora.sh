#!/bin/sh
# Fusing the projections switches a LoRA off.
#
# diffusers 0.42.1, peft 0.21.2. fuse_qkv_projections puts the three projections of an attention layer into
# one product, for speed, and one would guess that the network computes what it did. The matrices are taken
# from the layers as they are without adapters: a LoRA in to_q, to_k or to_v of self-attention, or in to_k
# or to_v of cross-attention, is loaded, enabled, listed, and without effect until
# unfuse_qkv_projections. No warning.
#
# Seen on 2026-11-29, the network's output with the LoRA differs by:
#   attn1.to_q, attn1.to_k, attn1.to_v: 0.085, fused 0.000, unfused 0.085
#   attn2.to_k, attn2.to_v: 0.101, fused 0.000, unfused 0.101
#   to_out.0: 0.088, fused 0.088, unfused 0.088
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
sample, words = torch.randn(1, 4, 8, 8), torch.randn(1, 3, 8)
for layers in (("attn1.to_q", "attn1.to_k", "attn1.to_v"), ("attn2.to_k", "attn2.to_v"), ("to_out.0",)):
    torch.manual_seed(0)
    network = UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)
    outputs = []
    with torch.no_grad():
        outputs.append(network(sample, 5, words).sample)
        network.add_adapter(
            LoraConfig(r=4, lora_alpha=4, target_modules=list(layers), init_lora_weights=False))
        outputs.append(network(sample, 5, words).sample)
        network.fuse_qkv_projections()
        outputs.append(network(sample, 5, words).sample)
        network.unfuse_qkv_projections()
        outputs.append(network(sample, 5, words).sample)
    base, lora, fused, unfused = outputs
    print(f"{', '.join(layers)}: {(lora - base).abs().max():.3f}, fused {(fused - base).abs().max():.3f},"
          f" unfused {(unfused - base).abs().max():.3f}")
    assert torch.equal(unfused, lora) and not torch.allclose(lora, base, atol=0.01)
    assert torch.allclose(fused, lora if "to_out.0" in layers else base, atol=1e-4)
END
