#!/bin/sh
# The example that trains attention only trains every layer.
#
# lycoris-lora 4.1.3. The example in its description sets {"target_name": [".*attn.*"]} as preset before
# create_lycoris, and one would guess that only modules of such names get an adapter. The names add to the kinds of
# modules in `target_module`, and these are, without being asked for, all linear layers and convolutions: the adapter
# is the same with the names as without, here of four layers in place of two. It takes "target_module": [] beside
# the names. A preset belongs to the class, not to the network: it holds for every later one in the program, and
# create_lycoris(preset="full") does not undo it.
#
# Seen on 2026-11-30, a network of two attention layers, a feed-forward layer and a convolution:
#   no preset: attn_q attn_k feed conv
#   as in the example: attn_q attn_k feed conv
#   with "target_module": []: attn_q attn_k
#   a later network, preset="full": attn_q attn_k
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 einops==0.8.2 safetensors==0.8.0 toml==0.10.2 \
    tqdm==4.70.1 lycoris-lora==4.1.3
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from lycoris import LycorisNetwork, create_lycoris


def adapted(**settings):
    network = torch.nn.ModuleDict({
        "attn_q": torch.nn.Linear(8, 8), "attn_k": torch.nn.Linear(8, 8),
        "feed": torch.nn.Linear(8, 8), "conv": torch.nn.Conv2d(4, 4, 3)})
    names = create_lycoris(network, 1.0, linear_dim=4, linear_alpha=1, algo="lora", **settings).loras
    return [lora.lora_name.removeprefix("lycoris_") for lora in names]


seen = {"no preset": adapted()}
LycorisNetwork.apply_preset({"target_name": [".*attn.*"]})
seen["as in the example"] = adapted()
LycorisNetwork.apply_preset({"target_name": [".*attn.*"], "target_module": []})
seen['with "target_module": []'] = adapted()
seen['a later network, preset="full"'] = adapted(preset="full")
for name, layers in seen.items():
    print(f"{name}:", *layers)
every, attention = ["attn_q", "attn_k", "feed", "conv"], ["attn_q", "attn_k"]
assert list(seen.values()) == [every, every, attention, attention]
END
