#!/bin/sh
# Quantised to four bits, the largest pictures' layers of Stable Diffusion keep their sixteen.
#
# torchao 0.18.0, torch 2.13.0 (CPU). quantize_(network, Int4WeightOnlyConfig()) makes groups of 128 weights, and one
# would guess that a layer which that does not divide is an error, as it is with the neighbour
# IntxWeightOnlyConfig, or gets a shorter last group. It is left as it is, and a line of level INFO, which by
# default nobody sees, says so. In Stable Diffusion 1 these are 36 of the U-Net's 184 linear layers, those of 320
# channels that work at the highest resolution; 640, 768 and 1280 are divisible. `group_size=64` or 32 would do.
#
# Seen on 2026-11-30, a linear layer of 320 inputs:
#   Int4WeightOnlyConfig, default groups of 128: Parameter, torch.bfloat16, the weights themselves; logged: INFO
#   IntxWeightOnlyConfig(int4), groups of 128: AssertionError
#   IntxWeightOnlyConfig(int4), groups of 64: IntxUnpackedToInt8Tensor
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 torchao==0.18.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - 2>/dev/null <<'END'
import logging

import torch
from torchao.quantization import Int4WeightOnlyConfig, IntxWeightOnlyConfig, PerGroup, quantize_

lines = []
logging.getLogger("torchao").setLevel(logging.DEBUG)
logging.getLogger("torchao").addHandler(logging.Handler())
logging.getLogger("torchao").handlers[-1].emit = lines.append


def fresh():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(320, 320)).bfloat16()


network = fresh()
lines.clear()
quantize_(network, Int4WeightOnlyConfig())
weight, same = network[0].weight, torch.equal(network[0].weight, fresh()[0].weight)
words = "the weights themselves" if same else "other weights"
print(f"Int4WeightOnlyConfig, default groups of {Int4WeightOnlyConfig().group_size}: {type(weight).__name__}, "
      f"{weight.dtype}, {words}; logged: {' '.join(line.levelname for line in lines)}")
seen = []
for size in (128, 64):
    network = fresh()
    try:
        quantize_(network, IntxWeightOnlyConfig(torch.int4, PerGroup(size)))
        seen.append(type(network[0].weight).__name__)
    except AssertionError:
        seen.append("AssertionError")
    print(f"IntxWeightOnlyConfig(int4), groups of {size}: {seen[-1]}")
assert type(weight) is torch.nn.Parameter and same and [line.levelname for line in lines] == ["INFO"]
assert seen == ["AssertionError", "IntxUnpackedToInt8Tensor"]
END
