#!/bin/sh
# Weights in eight bits are opened as whole numbers from 0 to 255.
#
# mlx 0.32.4 (on a CPU). mlx has no type for float8_e4m3fn, the type that large diffusion
# models are shared in, and one would guess that mlx.core.load widens such weights or refuses them, as it
# refuses float8_e5m2 and float64. It gives the bytes as uint8, without a word: 0.5 is 48, -2 is 192. Cast to
# the model's type they are weights between 0 and 255, and saved again the file says U8 for good.
# mlx.core.from_fp8 makes the numbers of them, if one knows from elsewhere that it is needed.
#
# Seen on 2026-11-29, weights 0.5, 1, -2, 448:
#   F8_E4M3: uint8 48 56 192 126, saved again U8, with from_fp8 0.5 1 -2 448
#   F8_E5M2: RuntimeError
#   F64: RuntimeError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mlx[cpu]==0.32.4" numpy==2.4.6 ml_dtypes==0.6.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import json

import ml_dtypes
import mlx.core as mx
import numpy

mx.set_default_device(mx.cpu)
weights, seen = numpy.array([0.5, 1, -2, 448]), []


def written_type(file):
    content = open(file, "rb").read()
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["w"]["dtype"]


def numbers(array):
    return [float(number) for number in array.tolist()]


for name, kind in (
    ("F8_E4M3", ml_dtypes.float8_e4m3fn), ("F8_E5M2", ml_dtypes.float8_e5m2), ("F64", numpy.float64)
):
    data = weights.astype(kind).tobytes()
    header = json.dumps({"w": {"dtype": name, "shape": [4], "data_offsets": [0, len(data)]}}).encode()
    header += b" " * (-len(header) % 8)
    with open("w.safetensors", "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header + data)
    try:
        opened = mx.load("w.safetensors")["w"]
    except RuntimeError:
        seen.append("RuntimeError")
        print(name + ":", seen[-1])
        continue
    mx.save_safetensors("again.safetensors", {"w": opened})
    seen.append((numbers(opened), written_type("again.safetensors"), numbers(mx.from_fp8(opened, mx.float32))))
    print(
        f"{name}: {str(opened.dtype).split('.')[-1]}",
        " ".join(f"{number:g}" for number in seen[-1][0]) + f", saved again {seen[-1][1]}, with from_fp8",
        " ".join(f"{number:g}" for number in seen[-1][2]),
    )
assert seen == [([48, 56, 192, 126], "U8", [0.5, 1, -2, 448]), "RuntimeError", "RuntimeError"]
END
