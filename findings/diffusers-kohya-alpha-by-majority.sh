#!/bin/sh
# In a LoRA file of the kohya form the commonest alpha is used for all attention layers.
#
# diffusers 0.42.1, peft 0.21.2. Such a file states an alpha for every layer, and a layer's change is
# up·down·alpha/rank; one that states none has alpha = rank. One would guess that this is what is
# loaded. In the attention's layers the file's own alpha is lost: all of them take the one that occurs most
# often, and so do the layers without one. Convolutions keep theirs. LoRAs merged from several,
# or trained with other ranks by block, are so drawn with other strengths, silently.
#
# Seen on 2026-11-28, the change of each layer as a multiple of what the file states:
#   to_q, rank 4, alpha 2: 1
#   to_k, rank 4, alpha 1: 2
#   to_v, rank 8, alpha 2: 1
#   to_out, rank 8, none stated: 0.25
#   to_out, rank 4, alpha 2: 1
#   conv1, rank 4, alpha 1: 1
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
from safetensors.torch import save_file

torch.manual_seed(0)
network = UNet2DConditionModel(
    sample_size=8, block_out_channels=(32, 32), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=8)
attention = "down_blocks.0.attentions.0.transformer_blocks.0.attn1."
layers = {  # name: rank, alpha
    attention + "to_q": (4, 2.0),
    attention + "to_k": (4, 1.0),
    attention + "to_v": (8, 2.0),
    attention + "to_out.0": (8, None),
    attention.replace("attn1", "attn2") + "to_out.0": (4, 2.0),
    "down_blocks.0.resnets.0.conv1": (4, 1.0),
}
file, stated = {}, {}
for name, (rank, alpha) in layers.items():
    tail = (1, 1) if "conv" in name else ()
    down = torch.randn(rank, 32, *((3, 3) if tail else ()))
    up = torch.randn(32, rank, *tail)
    key = "lora_unet_" + name.replace(".", "_")
    file[key + ".lora_down.weight"], file[key + ".lora_up.weight"] = down, up
    if alpha is not None:
        file[key + ".alpha"] = torch.tensor(alpha)
    stated[name] = (up.flatten(1) @ down.flatten(1)) * ((rank if alpha is None else alpha) / rank)
save_file(file, "pytorch_lora_weights.safetensors")

weights, alphas = StableDiffusionPipeline.lora_state_dict(".")
StableDiffusionPipeline.load_lora_into_unet(weights, alphas, network)
seen = []
for name, (rank, alpha) in layers.items():
    change = network.get_submodule(name).get_delta_weight("default_0").detach().flatten(1)
    factor = round(float((change * stated[name]).sum() / (stated[name] ** 2).sum()), 3)
    assert torch.allclose(change, factor * stated[name], atol=1e-4)
    seen.append(factor)
    said = "none stated" if alpha is None else f"alpha {alpha:g}"
    print(f"{name.removesuffix('.0').split('.')[-1]}, rank {rank}, {said}: {factor:g}")
assert seen == [1, 2, 1, 0.25, 1, 1]
END
