#!/bin/sh
# In bfloat16 sixteen tokens stand in the same place, and in float32 after them.
#
# rotary-embedding-torch 0.9.1. Rotary positions are angles, position times frequency, and one would guess that they
# are made in float32, as the frequencies are, and that at most the turned queries are rounded. The numbers 0, 1, 2,
# ... are made in the type of the queries: bfloat16 has no 257, float16 no 2049. Attention cannot tell such
# neighbours apart: of the 4096 tokens of a picture of 512×512 pixels 769 places are left. The angles are
# kept for the next call whatever its type is, so that a float32 pass after one in bfloat16 has the same 769.
#
# Seen on 2026-11-30, different places of 4096 tokens:
#   float32: 4096
#   float16: 3073
#   bfloat16: 769
#   float32 after bfloat16: 769
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 rotary-embedding-torch==0.9.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from rotary_embedding_torch import RotaryEmbedding


def places(rotary, kind):
    rotary.rotate_queries_or_keys(torch.ones(1, 1, 4096, 32, dtype=kind))
    return len(rotary(torch.arange(4096.0), seq_len=4096).unique(dim=0))


seen = {}
for name, kinds in {"float32": (torch.float32,), "float16": (torch.float16,), "bfloat16": (torch.bfloat16,),
                    "float32 after bfloat16": (torch.bfloat16, torch.float32)}.items():
    rotary = RotaryEmbedding(dim=32)
    seen[name] = [places(rotary, kind) for kind in kinds][-1]
    print(f"{name}: {seen[name]}")
assert list(seen.values()) == [4096, 3073, 769, 769]
END
