#!/bin/sh
# After the step the gradients are those of another loss.
#
# schedulefree 1.4.1. An optimizer of torch reads `.grad` and leaves it until zero_grad, and one would guess that
# norms may be written down after the step, or a gradient be added to over several of them. These optimizers make
# their update in the gradient's own memory: after AdamWScheduleFree's step it is divided by the root of its mean
# square, and after all three's weight decay is in it. A norm looked at after the step tells of the weights: with a
# gradient a thousand times smaller it is nearly the same. AdamWScheduleFreeReference leaves the gradient alone.
#
# Seen on 2026-11-30, weights 1, 2, 3 with weight_decay 0.1, the gradients before and after a step:
#   AdamWScheduleFree: 0.001 becomes 1.09999 1.19999 1.29999; 1e-06 becomes 1.0901 1.1901 1.2901
#   SGDScheduleFree: 0.001 becomes 0.101 0.201 0.301; 1e-06 becomes 0.100001 0.200001 0.300001
#   RAdamScheduleFree: 0.001 becomes 0.101 0.201 0.301; 1e-06 becomes 0.100001 0.200001 0.300001
#   AdamWScheduleFreeReference: 0.001 becomes 0.001 0.001 0.001; 1e-06 becomes 1e-06 1e-06 1e-06
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 schedulefree==1.4.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import contextlib
import io

import schedulefree
import torch

seen = {}
for name in ("AdamWScheduleFree", "SGDScheduleFree", "RAdamScheduleFree", "AdamWScheduleFreeReference"):
    for size in (0.001, 0.000001):
        weight = torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        optimizer = getattr(schedulefree, name)([weight], lr=0.001, weight_decay=0.1)
        with contextlib.redirect_stdout(io.StringIO()):
            optimizer.train()
            weight.grad = size * torch.tensor([1.0, 1.0, 1.0])
            optimizer.step()
        seen[name, size] = weight.grad.tolist()
    print(f"{name}: " + "; ".join(
        f"{size:g} becomes " + " ".join(f"{value:.6g}" for value in seen[name, size]) for size in (0.001, 0.000001)))
for name in ("AdamWScheduleFree", "SGDScheduleFree", "RAdamScheduleFree"):
    assert all(value > 0.09 for value in seen[name, 0.000001])
assert min(seen["AdamWScheduleFree", 0.001]) > 1
assert all(abs(value - 0.001) < 1e-8 for value in seen["AdamWScheduleFreeReference", 0.001])
END
