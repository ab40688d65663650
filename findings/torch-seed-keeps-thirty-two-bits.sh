#!/bin/sh
# Two seeds that differ by 2^32 draw the same noise.
#
# torch 2.13.0 (CPU). A generator takes seeds of 64 bits, `initial_seed()` gives them back in full, and one
# would guess that each is a stream of its own. The CPU's generator is begun with the lower 32 bits only:
# 0 and 2^32 are the same picture, and so are -1 and 2^32 - 1. Programs that draw their seeds from 64 bits
# and write them into a picture's file state more than counts, and seeds that differ are no proof that the
# pictures' noise does. (numpy's generators use all bits.)
#
# Seen on 2026-11-29, the first of 64 normal numbers:
#   seed 0: -1.1258, numpy 0.1257
#   seed 4294967296: -1.1258, numpy 0.1030
#   seed 1099511627776: -1.1258, numpy -1.3671
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy as np
import torch

draws, numpy_draws = [], []
for seed in (0, 2**32, 2**40):
    generator = torch.Generator().manual_seed(seed)
    assert generator.initial_seed() == seed
    draws.append(torch.randn(64, generator=generator))
    numpy_draws.append(np.random.default_rng(seed).standard_normal(64))
    print(f"seed {seed}: {draws[-1][0]:.4f}, numpy {numpy_draws[-1][0]:.4f}")
assert all(torch.equal(draw, draws[0]) for draw in draws)
assert len({draw[0] for draw in numpy_draws}) == 3
last = [torch.randn(64, generator=torch.Generator().manual_seed(seed)) for seed in (-1, 2**32 - 1)]
assert torch.equal(*last)
END
