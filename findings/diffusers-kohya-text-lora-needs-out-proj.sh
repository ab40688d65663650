#!/bin/sh
# A text encoder's LoRA without out_proj loses its attention, or does not load.
#
# diffusers 0.42.1, peft 0.21.2. A LoRA file of the kohya form may hold any of a text encoder's layers, and
# one would guess that those that are there are loaded. How the file's names are translated is decided by
# out_proj: where no out_proj is in it, the queries, keys and values are left under names that are not the
# encoder's. With the MLP's layers beside them the file loads, calls them unexpected (which "can be
# ignored"), and they do nothing; by themselves they end in
# "Could not automatically infer state dict type".
#
# Seen on 2026-11-29, the strength with which each layer is loaded:
#   q_proj k_proj v_proj out_proj fc1 fc2: 1 1 1 1 1 1
#   q_proj k_proj v_proj fc1 fc2: 0 0 0 1 1
#   q_proj k_proj v_proj: ValueError
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
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

sizes, seen = {"fc1": (32, 64), "fc2": (64, 32)}, []
for text in ("q_proj k_proj v_proj out_proj fc1 fc2", "q_proj k_proj v_proj fc1 fc2", "q_proj k_proj v_proj"):
    encoder = CLIPTextModel(CLIPTextConfig(
        vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4,
        max_position_embeddings=16, bos_token_id=52, eos_token_id=53, pad_token_id=53))
    file, stated = {}, {}
    for name in text.split():
        layer = f"encoder.layers.0.{'self_attn' if 'proj' in name else 'mlp'}.{name}"
        key = "lora_te_text_model_" + layer.replace(".", "_")
        inner, outer = sizes.get(name, (32, 32))
        down, up = torch.randn(4, inner), torch.randn(outer, 4)
        file |= {key + ".lora_down.weight": down, key + ".lora_up.weight": up,
                 key + ".alpha": torch.tensor(4.0)}
        stated[layer] = up @ down
    save_file(file, "pytorch_lora_weights.safetensors")
    try:
        weights, alphas = StableDiffusionPipeline.lora_state_dict(".")
        StableDiffusionPipeline.load_lora_into_text_encoder(weights, alphas, encoder)
        strengths = []
        for layer, change in stated.items():
            module = encoder.get_submodule(layer)
            adapted = hasattr(module, "get_delta_weight")
            loaded = module.get_delta_weight("default_0") if adapted else 0 * change
            strengths.append(f"{float((loaded * change).sum() / (change**2).sum()):.3g}")
        seen.append(" ".join(strengths))
    except ValueError as error:
        seen.append(type(error).__name__)
    print(f"{text}: {seen[-1]}")
assert seen == ["1 1 1 1 1 1", "0 0 0 1 1", "ValueError"]
END
