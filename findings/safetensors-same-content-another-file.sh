#!/bin/sh
# The same tensors and metadata make another file every time.
#
# safetensors 0.8.0. One would guess that saving is deterministic: the format has no dates and the tensors
# are put into a fixed order. The metadata's entries are not: with two or more of them their order in the
# header is drawn anew for each save, so that checksums of files with the same content differ. Files that
# diffusers writes have one entry and are equal; LoRA files with dozens, as trainers write them, hardly
# ever are.
#
# Seen on 2026-11-29, different files out of twenty saves:
#   no metadata: 1
#   one entry: 1
#   eight entries: 20 (any number above 1)
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 safetensors==0.8.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import hashlib

import torch
from safetensors.torch import load, save

tensors, seen = {name: torch.zeros(2) for name in "abc"}, []
for name, count in (("no metadata", 0), ("one entry", 1), ("eight entries", 8)):
    metadata = {f"key {i}": "value" for i in range(count)} or None
    files = {hashlib.sha256(save(tensors, metadata=metadata)).hexdigest() for _ in range(20)}
    seen.append(len(files))
    print(f"{name}: {len(files)}")
assert seen[:2] == [1, 1] and seen[2] > 1
END
