#!/bin/sh
# The optimizer that saves memory keeps five numbers for each weight of a 1×1 convolution.
#
# came-pytorch 0.1.3, beside torch 2.13.0's AdamW and Adafactor. CAME and Adafactor keep the rows' and columns' means
# of a matrix in place of the matrix, and one would guess that a convolution's matrix is outputs by inputs, as
# its kernel has it, or at least that the sum is below Adam's two numbers for each weight. The last two axes are
# taken: of a kernel its height and width. Rows and columns of 1×1 are two numbers in place of one, and CAME keeps
# them twice beside its first moment. A U-Net, whose weights are convolutions' for the most part, does not train with
# less memory than with AdamW; only linear layers save what is promised.
#
# Seen on 2026-11-30, numbers kept for each weight:
#   linear, 320 to 320: AdamW 2.00, Adafactor 0.01, CAME 1.01
#   3×3, 320 to 320: AdamW 2.00, Adafactor 0.67, CAME 2.33
#   1×1, 320 to 320: AdamW 2.00, Adafactor 2.00, CAME 5.00
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 came-pytorch==0.1.3
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from came_pytorch import CAME

layers = {
    "linear, 320 to 320": torch.nn.Linear(320, 320, bias=False),
    "3×3, 320 to 320": torch.nn.Conv2d(320, 320, 3, bias=False),
    "1×1, 320 to 320": torch.nn.Conv2d(320, 320, 1, bias=False),
}
seen = {}
for name, layer in layers.items():
    weight = layer.weight
    weight.grad = torch.ones_like(weight)
    for kind in (torch.optim.AdamW, torch.optim.Adafactor, CAME):
        optimizer = kind([weight], lr=1e-4)
        optimizer.step()
        kept = [value.numel() for value in optimizer.state[weight].values()
                if torch.is_tensor(value) and value.dim() > 0]
        seen[name, kind] = sum(kept) / weight.numel()
    print(f"{name}: " + ", ".join(
        f"{kind.__name__} {seen[name, kind]:.2f}" for kind in (torch.optim.AdamW, torch.optim.Adafactor, CAME)))
assert seen["linear, 320 to 320", CAME] < 1.1 and abs(seen["3×3, 320 to 320", CAME] - 7 / 3) < 0.01
assert seen["1×1, 320 to 320", CAME] == 5 and seen["1×1, 320 to 320", torch.optim.AdamW] == 2
END
