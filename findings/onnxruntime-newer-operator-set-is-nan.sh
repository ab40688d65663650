#!/bin/sh
# Exported with a newer operator set, the same layer is not a number.
#
# torch 2.13.0 (CPU), onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0. opset_version says which edition of the operators a
# file is written in, and one would guess that a newer one is at most faster. Up to 20 the exporter writes GroupNorm
# by way of InstanceNormalization, which is right everywhere. From 21 on it writes GroupNormalization, for which
# onnxruntime on a CPU follows the formula in the operator's own definition: the mean of the squares less the square
# of the mean, in single precision. With inputs of mean 1000 and deviation 1 a twentieth is wrong, at 4096 there are
# variances below 0, and their roots are not a number, without a word.
# The older exporter (`dynamo=False`) writes InstanceNormalization in every edition.
#
# Seen on 2026-11-29, normal numbers of deviation 1 around a mean, the deviation after the layer (1 is right):
#   opset 18: mean 0 1.00, mean 100 1.00, mean 1000 1.00, mean 4096 1.00
#   opset 20: mean 0 1.00, mean 100 1.00, mean 1000 1.00, mean 4096 1.00
#   opset 21: mean 0 1.00, mean 100 1.00, mean 1000 1.05, mean 4096 nan
#   opset 23: mean 0 1.00, mean 100 1.00, mean 1000 1.05, mean 4096 nan
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END' 2>/dev/null
import math

import onnxruntime
import torch

layer, means, seen = torch.nn.GroupNorm(4, 32, eps=1e-6).eval(), (0, 100, 1000, 4096), {}
for opset in (18, 20, 21, 23):
    torch.onnx.export(
        layer, (torch.randn(1, 32, 16, 16),), "layer.onnx", dynamo=True, opset_version=opset, input_names=["x"],
        verbose=False)
    session = onnxruntime.InferenceSession("layer.onnx", providers=["CPUExecutionProvider"])
    for mean in means:
        torch.manual_seed(0)
        numbers = mean + torch.randn(1, 32, 16, 16)
        seen[opset, mean] = float(session.run(None, {"x": numbers.numpy()})[0].std())
    print(f"opset {opset}: " + ", ".join(f"mean {mean} {seen[opset, mean]:.2f}" for mean in means))
assert all(abs(seen[opset, mean] - 1) < 1e-3 for opset in (18, 20) for mean in means)
assert all(seen[opset, 1000] > 1.03 and math.isnan(seen[opset, 4096]) for opset in (21, 23))
END
