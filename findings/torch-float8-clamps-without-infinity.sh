#!/bin/sh
# A number too large for float8_e4m3fn becomes 448 here and not a number there.
#
# torch 2.13.0 (CPU), ml_dtypes 0.6.0 (JAX, TensorFlow and numpy's eight bits). float8_e4m3fn has no
# infinity, and one would guess that both make NaN of what is above its range, or that torch treats all of
# its four kinds alike. torch gives 448, the largest number, for 500 and for infinity itself; ml_dtypes
# gives NaN from 465 on. In torch's other kinds infinity is infinity (e5m2) or NaN (both fnuz). So a
# check for NaN or infinity after a conversion finds an overflow with three kinds and never with the one
# that diffusion models are shared in.
#
# Seen on 2026-11-28:
#   464 e4m3fn: torch 448, ml_dtypes 448
#   465 e4m3fn: torch 448, ml_dtypes nan
#   inf e4m3fn: torch 448, ml_dtypes nan
#   inf e4m3fnuz: torch nan, ml_dtypes nan
#   inf e5m2: torch inf, ml_dtypes inf
#   inf e5m2fnuz: torch nan, ml_dtypes nan
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 ml_dtypes==0.6.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import ml_dtypes
import numpy as np
import torch

seen = []
for number, kind in (("464", "e4m3fn"), ("465", "e4m3fn"), ("inf", "e4m3fn"), ("inf", "e4m3fnuz"),
                     ("inf", "e5m2"), ("inf", "e5m2fnuz")):
    here = {float(x) for x in torch.full((64,), float(number)).to(getattr(torch, "float8_" + kind)).float()}
    there = np.float32(number).astype(getattr(ml_dtypes, "float8_" + kind))
    pair = f"{min(here):g}", f"{float(there):g}"
    print(f"{number} {kind}: torch {pair[0]}, ml_dtypes {pair[1]}")
    seen.append(pair)
assert seen == [("448", "448"), ("448", "nan"), ("448", "nan"), ("nan", "nan"), ("inf", "inf"), ("nan", "nan")]
END
