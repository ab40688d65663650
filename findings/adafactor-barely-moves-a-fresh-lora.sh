#!/bin/sh
# At one learning rate a fresh LoRA learns a thousand times more slowly with Adafactor than with AdamW.
#
# torch 2.13.0 (CPU), transformers 5.24.0. Both optimisers divide a gradient by its own size, so that a step is
# about the learning rate, and one would guess that `lr=1e-3` moves a weight by 0.001 in either. Adafactor's step is
# the learning rate times the weight's own mean size, with at least 0.001 for the latter: in torch always, in
# transformers by default, also with `relative_step=False`, the way to state a rate of one's own. A LoRA's
# second matrix begins with zeros: it moves by a millionth, and as its steps stay at the floor
# until it has grown, a hundred steps change less than a hundredth of what they do elsewhere. So do zero-initialised
# convolutions of a ControlNet. `scale_parameter=False` of transformers is without this, torch has no such setting.
#
# Seen on 2026-11-30, lr 0.001, mean size of a LoRA's second matrix after 1 and 100 steps:
#   AdamW: 1.0e-03, 1.6e-02; loss to 93 % of the first
#   torch's Adafactor: 1.0e-06, 1.0e-04; loss to 100 % of the first
#   transformers' Adafactor: 1.0e-06, 1.0e-04; loss to 100 % of the first
#   transformers' Adafactor, scale_parameter=False: 1.0e-03, 1.7e-02; loss to 92 % of the first
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 transformers==5.24.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from transformers.optimization import Adafactor

ways = {
    "AdamW": lambda weights: torch.optim.AdamW(weights, lr=1e-3),
    "torch's Adafactor": lambda weights: torch.optim.Adafactor(weights, lr=1e-3),
    "transformers' Adafactor": lambda weights: Adafactor(weights, lr=1e-3, relative_step=False),
    "transformers' Adafactor, scale_parameter=False":
        lambda weights: Adafactor(weights, lr=1e-3, relative_step=False, scale_parameter=False)}
seen = {}
for name, make in ways.items():
    torch.manual_seed(0)
    down = torch.nn.Parameter(torch.randn(4, 320) / 20)
    up = torch.nn.Parameter(torch.zeros(320, 4))
    inputs, wanted = torch.randn(256, 320), torch.randn(320, 320) / 100
    optimiser, sizes, losses = make([down, up]), [], []
    for _ in range(100):
        optimiser.zero_grad()
        loss = (inputs @ down.T @ up.T - inputs @ wanted).square().mean()
        loss.backward()
        optimiser.step()
        sizes.append(float(up.detach().square().mean().sqrt()))
        losses.append(float(loss))
    seen[name] = sizes[0], sizes[-1], 100 * losses[-1] / losses[0]
    print("{}: {:.1e}, {:.1e}; loss to {:.0f} % of the first".format(name, *seen[name]))
for name in ("torch's Adafactor", "transformers' Adafactor"):
    assert abs(seen[name][0] - 1e-6) < 1e-7 and seen[name][1] < 2e-4 and seen[name][2] > 99.9
for name in ("AdamW", "transformers' Adafactor, scale_parameter=False"):
    assert abs(seen[name][0] - 1e-3) < 1e-4 and seen[name][1] > 1e-2 and seen[name][2] < 95
END
