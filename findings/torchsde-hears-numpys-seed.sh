#!/bin/sh
# A stochastic differential equation in torch is repeated by numpy's seed only.
#
# torchsde 0.2.6. One would guess that torch.manual_seed repeats what sdeint draws: everything in it is a tensor.
# Unless a Brownian motion is handed over, the seed of its noise is drawn with numpy.random: after the same
# torch.manual_seed two paths differ, and after the same numpy seed they are equal whatever torch's is. Programs
# that seed torch alone do not repeat.
# (The sampler of diffusers that is built on it hands over a seed of torch's.)
#
# Seen on 2026-11-29, two paths of sdeint:
#   torch.manual_seed(0) before both: differ
#   numpy.random.seed(0) before both, torch's seeds 0 and 1: equal
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 scipy==1.17.1 torchsde==0.2.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy
import torch
import torchsde


class Noising(torch.nn.Module):
    noise_type, sde_type = "diagonal", "ito"

    def f(self, time, x):
        return -x

    def g(self, time, x):
        return torch.ones_like(x)


def path():
    return torchsde.sdeint(Noising(), torch.zeros(4, 3), torch.tensor([0, 1.0]), dt=0.1)[-1]


paths = []
for seed in (0, 0):
    torch.manual_seed(seed)
    paths.append(path())
for seed in (0, 1):
    torch.manual_seed(seed)
    numpy.random.seed(0)
    paths.append(path())
seen = ["equal" if torch.equal(*pair) else "differ" for pair in (paths[:2], paths[2:])]
print("torch.manual_seed(0) before both:", seen[0])
print("numpy.random.seed(0) before both, torch's seeds 0 and 1:", seen[1])
assert seen == ["differ", "equal"]
END
