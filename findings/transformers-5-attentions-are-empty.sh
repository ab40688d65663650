#!/bin/sh
# Asked for its attention, the text encoder gives none.
#
# transformers 5.24.0. With output_attentions=True one would guess that CLIPTextModel gives a map for
# every layer, or refuses where its fused attention has none. It gives an empty tuple: whoever averages
# over "all layers", averages over nothing. Loaded with attn_implementation="eager" it gives them.
#
# Seen on 2026-11-29, a text encoder of three layers:
#   as loaded: 0 maps
#   eager: 3 maps, of shape [1, 4, 7, 7]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 transformers==5.24.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from transformers import CLIPTextConfig, CLIPTextModel

CLIPTextModel(CLIPTextConfig(
    vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=4,
    max_position_embeddings=16, bos_token_id=52, eos_token_id=53, pad_token_id=53)).save_pretrained("encoder")
tokens, seen = torch.tensor([[52, 1, 2, 3, 53, 53, 53]]), []
for name, arguments in (("as loaded", {}), ("eager", {"attn_implementation": "eager"})):
    maps = CLIPTextModel.from_pretrained("encoder", **arguments)(tokens, output_attentions=True).attentions
    seen.append(len(maps))
    print(f"{name}: {len(maps)} maps" + "".join(f", of shape {list(map.shape)}" for map in maps[:1]))
assert seen == [0, 3]
END
