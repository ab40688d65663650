#!/bin/sh
# PyTorch's FLOP counter counts no attention at all on a CPU.
#
# torch 2.13.0 (CPU). One would guess that FlopCounterMode counts scaled_dot_product_attention as the
# two products that it is, 4·N·M·d·heads operations, as it does for CUDA. On a CPU the fused kernel has
# no entry in the counter's table: it adds 0, without a word, and the same attention written as two
# products is counted in full. So the cost of a U-Net read with it leaves the attention products out
# (of Stable Diffusion v1's 803 GFLOP a pass they are 126).
#
# Seen on 2026-11-28:
#   fused attention: 0 counted of 83886080
#   written out: 83886080 counted of 83886080
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

q = torch.randn(1, 8, 256, 40)
true = 2 * 2 * 8 * 256 * 256 * 40


def counted(work):
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


fused = counted(lambda: scaled_dot_product_attention(q, q, q))
plain = counted(lambda: (q @ q.transpose(-1, -2) * 40**-0.5).softmax(-1) @ q)
print(f"fused attention: {fused} counted of {true}")
print(f"written out: {plain} counted of {true}")
assert (fused, plain) == (0, true)
END
