#!/bin/sh
# What `save` makes of four-bit numbers `load` cannot read, and load_file can.
#
# safetensors 0.8.0, torch 2.13.0. One would guess that load(save(x)) and save_file with load_file are
# one way. A tensor of torch's float4_e2m1fn_x2, which holds two numbers to a byte, is written by both; load,
# which reads from memory, ends in KeyError: 'F4', load_file opens it. The shapes surprise as well:
# the header counts numbers, torch counts pairs, so that the last axis of the file is twice the tensor's.
#
# Seen on 2026-11-29:
#   tensor [3, 4], header [3, 8], 12 bytes
#   load: KeyError('F4')
#   load_file: [3, 4], the same bytes
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 safetensors==0.8.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import json

import torch
from safetensors.torch import load, load_file, save, save_file

tensor = torch.arange(12, dtype=torch.uint8).view(3, 4).view(torch.float4_e2m1fn_x2)
data = save({"weight": tensor})
header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["weight"]
print(f"tensor {list(tensor.shape)}, header {header['shape']}, {header['data_offsets'][1]} bytes")
try:
    load(data)
    from_memory = "opens"
except KeyError as error:
    from_memory = repr(error)
save_file({"weight": tensor}, "file.safetensors")
back = load_file("file.safetensors")["weight"]
assert torch.equal(back.view(torch.uint8), tensor.view(torch.uint8))
print(f"load: {from_memory}\nload_file: {list(back.shape)}, the same bytes")
assert (header["shape"], from_memory, list(back.shape)) == ([3, 8], "KeyError('F4')", [3, 4])
END
