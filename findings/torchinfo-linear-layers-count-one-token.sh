#!/bin/sh
# A linear layer costs the same for one token as for four thousand.
#
# torchinfo 1.8.0, torch 2.13.0 (CPU). summary runs the network on its input and sums up "mult-adds", and one
# would guess that they grow with the input. A convolution's do. A linear layer's are its weights times the first axis
# only: the tokens between the first axis and the last are not counted. The same product as a convolution of
# 1x1, which is how Stable Diffusion 1 writes a transformer's first and last layer where version 2 writes a linear
# one, costs 4096 times as much. Attention proper is not counted, either, so that a block of transformer
# appears to cost nothing beside a convolution, whatever the resolution.
#
# Seen on 2026-11-30, 320 channels, millions of multiply-adds (with n tokens there are 0.102 n):
#   linear: 1 token 0.1, 64 tokens 0.1, 4096 tokens 0.1
#   1x1 convolution: 1 token 0.1, 64 tokens 6.6, 4096 tokens 420.7
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 torchinfo==1.8.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from torchinfo import summary

linear, convolution, seen = torch.nn.Linear(320, 320), torch.nn.Conv2d(320, 320, 1), {}
for name, layer in (("linear", linear), ("1x1 convolution", convolution)):
    for tokens in (1, 64, 4096):
        shape = (1, tokens, 320) if layer is linear else (1, 320, tokens, 1)
        seen[name, tokens] = summary(layer, input_size=shape, verbose=0).total_mult_adds
    print(f"{name}: 1 token {seen[name, 1] / 1e6:.1f}, 64 tokens {seen[name, 64] / 1e6:.1f}, "
          f"4096 tokens {seen[name, 4096] / 1e6:.1f}")
assert seen["linear", 1] == seen["linear", 64] == seen["linear", 4096] == 320 * 321
assert seen["1x1 convolution", 4096] == 4096 * 320 * 321
END
