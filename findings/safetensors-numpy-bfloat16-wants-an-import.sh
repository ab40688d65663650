#!/bin/sh
# Whether numpy opens a bfloat16 file depends on what was imported before.
#
# safetensors 0.8.0, ml_dtypes 0.6.0. numpy has no bfloat16, and one would guess that safetensors.numpy either
# says so or gives the numbers in some other type. A file with bfloat16 ends in "data type 'bfloat16' not
# understood", until ml_dtypes is imported anywhere in the program, which safetensors never mentions: then it
# opens. A file with eight bits ends in an AttributeError about numpy ("module 'numpy' has no
# attribute 'float8_e4m3fn'"), whatever is imported. One such tensor keeps the others of the file from
# being read by load_file.
#
# Seen on 2026-11-29:
#   without ml_dtypes, torch.bfloat16: TypeError: data type 'bfloat16' not understood
#   without ml_dtypes, torch.float8_e4m3fn: AttributeError: module 'numpy' has no attribute 'float8_e4m3fn'
#   with ml_dtypes, torch.bfloat16: bfloat16
#   with ml_dtypes, torch.float8_e4m3fn: AttributeError: module 'numpy' has no attribute 'float8_e4m3fn'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 safetensors==0.8.0 ml_dtypes==0.6.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file


def opens(dtype):
    save_file({"weight": torch.ones(2).to(dtype), "other": torch.ones(2)}, "file.safetensors")
    try:
        return str(load_file("file.safetensors")["weight"].dtype)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = []
for name in ("without ml_dtypes", "with ml_dtypes"):
    if name.startswith("with "):
        import ml_dtypes  # noqa: F401
    for dtype in (torch.bfloat16, torch.float8_e4m3fn):
        seen.append(opens(dtype))
        print(f"{name}, {dtype}: {seen[-1]}")
ends = [opened.partition(":")[0] for opened in seen]
assert ends == ["TypeError", "AttributeError", "bfloat16", "AttributeError"]
END
