#!/bin/sh
# Half of a LoRA and half of the same LoRA make two.
#
# peft 0.21.2. add_weighted_adapter with combination_type="linear" and weights 0.5 and 0.5 sounds like the
# mean, and one would guess that two equal adapters give themselves. It weighs and adds the two factors, each by
# the weights' roots, and multiplies then: beside the two adapters' own products there are those of the one's
# first with the other's second factor. Equal adapters give twice their change, different ones
# a change of which half belongs to neither. "cat" is the weighted sum, at the sum of the ranks.
#
# Seen on 2026-11-29, rank 2, weights 0.5 and 0.5:
#   equal, linear: 2.00 of the mean's size, off by 1.00 of it
#   equal, cat: 1.00 of the mean's size, off by 0.00 of it
#   other, linear: 1.37 of the mean's size, off by 0.98 of it
#   other, cat: 1.00 of the mean's size, off by 0.00 of it
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 transformers==5.24.0 accelerate==1.15.0 peft==0.21.2
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from peft import LoraConfig, get_peft_model

torch.manual_seed(0)
settings = LoraConfig(r=2, lora_alpha=2, target_modules=["0"], init_lora_weights=False)
model = get_peft_model(torch.nn.Sequential(torch.nn.Linear(64, 64)), settings, adapter_name="one")
for name in ("equal", "other"):
    model.add_adapter(name, settings)
layer = model.base_model.model[0]
with torch.no_grad():
    layer.lora_A["equal"].weight.copy_(layer.lora_A["one"].weight)
    layer.lora_B["equal"].weight.copy_(layer.lora_B["one"].weight)
seen = {}
for second in ("equal", "other"):
    mean = (layer.get_delta_weight("one") + layer.get_delta_weight(second)) / 2
    for way in ("linear", "cat"):
        model.add_weighted_adapter(["one", second], [0.5, 0.5], second + way, combination_type=way)
        made = layer.get_delta_weight(second + way)
        size, off = float(made.norm() / mean.norm()), float((made - mean).norm() / mean.norm())
        seen[second, way] = size, off
        print(f"{second}, {way}: {size:.2f} of the mean's size, off by {off:.2f} of it")
assert abs(seen["equal", "linear"][0] - 2) < 1e-4 and seen["other", "linear"][1] > 0.5
assert seen["equal", "cat"][1] < 1e-5 and seen["other", "cat"][1] < 1e-5
END
