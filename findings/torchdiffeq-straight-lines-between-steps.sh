#!/bin/sh
# Runge-Kutta of order 4 is of order 2 where one looks between its steps.
#
# torchdiffeq 0.2.5. `odeint(..., times, method="rk4", options={"step_size": h})` gives the solution at the
# times, and one would guess that all of them are of the solver's order, or that steps end on the times.
# The steps begin at the first time and are all h; a time inside a step is on the straight line between its ends,
# with an error of h². A film of a walk, or a likelihood at times of one's own, has frames that are ten thousand
# times less exact than their neighbours. `interp="cubic"` in the options keeps the order.
#
# Seen on 2026-11-29, y' = y, steps of 0.1, error at time
#   linear: 0.50 6e-07, 0.55 2e-03, 0.60 8e-07
#   cubic: 0.50 6e-07, 0.55 1e-06, 0.60 8e-07
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 scipy==1.17.1 torchdiffeq==0.2.5
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from torchdiffeq import odeint

times, start = torch.tensor([0, 0.5, 0.55, 0.6]).double(), torch.ones(1).double()
seen = {}
for name, options in (("linear", {}), ("cubic", {"interp": "cubic"})):
    options["step_size"] = 0.1
    found = odeint(lambda time, x: x, start, times, method="rk4", options=options)[:, 0]
    seen[name] = (found - times.exp()).abs().tolist()[1:]
    print(name + ":", ", ".join(f"{float(t):.2f} {e:.0e}" for t, e in zip(times[1:], seen[name])))
assert max(seen["linear"][0], seen["linear"][2], *seen["cubic"]) < 2e-6 and seen["linear"][1] > 1e-3
END
