"""One network of Stable Diffusion v1 at full size in PyTorch or OpenVINO, for `make bench`.

    python sd_v1.py convert FOLDER    what OpenVINO needs, once: minutes, and 2 GB beside the models
    python sd_v1.py run torch|openvino unet|unet-2|encoder|decoder|text FOLDER

FOLDER holds the diffusers folders and the inputs that `benchmarks` writes there. A run opens its
network and prints the times of three passes, the first of which warms up; in float32 arithmetic.

Checked with torch 2.13.0, diffusers 0.42.1, transformers 5.24.0 and openvino 2026.4.1.
"""

import os
import pathlib
import sys
import time

import torch
from safetensors.torch import load_file

INPUTS = ("sample", "timesteps", "context", "image", "latent", "ids")


def opened(part, folder):
    """The network as a function of tensors, in float32."""
    import diffusers
    import transformers

    name, kind = {
        "unet": ("unet", diffusers.UNet2DConditionModel),
        "encoder": ("vae", diffusers.AutoencoderKL), "decoder": ("vae", diffusers.AutoencoderKL),
        "text": ("text_encoder", transformers.CLIPTextModel)}[part.removesuffix("-2")]
    model = kind.from_pretrained(folder / name, torch_dtype=torch.float32).eval()

    class Part(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, *x):
            if part == "encoder":
                return self.model.quant_conv(self.model.encoder(*x))
            if part == "decoder":
                return self.model.decode(*x, return_dict=False)[0]
            if part == "text":
                return self.model(x[0].long(), return_dict=False)[0]
            return self.model(*x, return_dict=False)[0]

    return Part()


def inputs(part, folder):
    tensors = load_file(folder / f"{part}.safetensors")
    return [tensors[key] for key in INPUTS if key in tensors]


def convert(folder):
    import openvino

    for part in ("unet", "unet-2", "encoder", "decoder", "text"):
        if (folder / f"{part}.xml").exists():
            continue
        example = inputs(part, folder)
        with torch.no_grad():
            model = openvino.convert_model(
                opened(part, folder), example_input=tuple(example),
                input=[tuple(x.shape) for x in example])
        openvino.save_model(model, folder / f"{part}.xml", compress_to_fp16=True)


def passes(engine, part, folder):
    """A function that computes the network once."""
    example = inputs(part, folder)
    if engine == "torch":
        network = opened(part, folder)

        def compute():
            with torch.inference_mode():
                return network(*example)
        return compute
    import openvino
    core = openvino.Core()
    model = core.read_model(folder / f"{part}.xml")
    compiled = core.compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
    arrays = [x.numpy() for x in example]
    return lambda: compiled(arrays)[0]


def main():
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if sys.argv[1] == "convert":
        return convert(pathlib.Path(sys.argv[2]))
    engine, part, folder = sys.argv[2], sys.argv[3], pathlib.Path(sys.argv[4])
    compute = passes(engine, part, folder)
    for _ in range(3):
        begin = time.perf_counter()
        compute()
        print(f"seconds {time.perf_counter() - begin:.4f}")


if __name__ == "__main__":
    main()
