#!/bin/sh
# A transposed array is saved as other numbers, without a word.
#
# safetensors 0.8.0, its numpy side. One would guess that what save_file writes, load_file gives back, or
# that it refuses, as the torch side does ("non contiguous tensor"). Version 0.7.0 writes a view's numbers
# in their order. Version 0.8.0 copies as many bytes as the array has from where it begins in memory: a
# transposed array (every linear layer that is turned from one convention to another), one in Fortran
# order or one with a step comes back with the right shape and wrong numbers, and with a step even with
# numbers that are not in it. The documentation asks for contiguous arrays; nothing checks.
#
# Seen on 2026-11-28:
#   0.7.0: contiguous right, transposed right, Fortran right, every second right
#   0.8.0: contiguous right, transposed wrong, Fortran wrong, every second wrong
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cd "$folder"
cat > see.py <<'END'
import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
arrays = {
    "contiguous": numbers,
    "transposed": numbers.T,
    "Fortran": np.asfortranarray(numbers),
    "every second": np.arange(10, dtype=np.float32)[::2],
}
seen = []
for name, array in arrays.items():
    save_file({"x": array}, "x.safetensors")
    loaded = load_file("x.safetensors")["x"]
    assert loaded.shape == array.shape
    seen.append("right" if np.array_equal(array, loaded) else "wrong")
print(f"{safetensors.__version__}: " + ", ".join(map(" ".join, zip(arrays, seen))))
assert seen == (["right"] * 4 if safetensors.__version__ == "0.7.0" else ["right"] + ["wrong"] * 3)
END
for version in 0.7.0 0.8.0; do
  "$folder/venv/bin/pip" install --quiet safetensors==$version numpy==2.4.6
  "$folder/venv/bin/python" see.py
done
