"""The products of `kernel-times` in PyTorch or OpenVINO, for `make bench`: the same shapes, one line
for each: the shape and the median time in seconds, over at least five products and 0.3 seconds.

    python kernels.py torch|openvino linear:4096x320x320 attention:4096x77x8x40 ...

Checked with torch 2.13.0 and openvino 2026.4.1, which computes in float32 here.
"""

import os
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    def forward(self, q, k, v):
        return functional.scaled_dot_product_attention(q, k, v)


def product(shape):
    """The layer and its inputs."""
    kind, numbers = shape.split(":")
    e = [int(n) for n in numbers.split("x")]
    if kind == "linear":
        return nn.Linear(e[1], e[2]), [torch.randn(e[0], e[1])]
    if kind in ("convolution", "strided"):
        stride = 2 if kind == "strided" else 1
        layer = nn.Conv2d(e[3], e[4], 3, stride, padding=1)
        return layer, [torch.randn(e[0], e[3], e[1], e[2])]
    q, k = torch.randn(1, e[2], e[0], e[3]), torch.randn(1, e[2], e[1], e[3])
    return Attention(), [q, k, torch.randn_like(k)]


def median(compute):
    compute()
    seconds, start = [], time.perf_counter()
    while len(seconds) < 5 or time.perf_counter() - start < 0.3:
        begin = time.perf_counter()
        compute()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    for shape in sys.argv[2:]:
        layer, inputs = product(shape)
        layer.eval()
        if sys.argv[1] == "torch":
            with torch.inference_mode():
                print(shape, median(lambda: layer(*inputs)))
            continue
        import openvino
        with torch.no_grad():
            model = openvino.convert_model(
                layer, example_input=tuple(inputs), input=[tuple(x.shape) for x in inputs])
        request = openvino.compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}).create_infer_request()
        for index, values in enumerate(inputs):
            request.set_input_tensor(index, openvino.Tensor(values.numpy(), shared_memory=True))
        print(shape, median(request.infer))


if __name__ == "__main__":
    main()
