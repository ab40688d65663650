"""Compares one pass at full Stable Diffusion v1 size with diffusers and transformers: largest
difference, time in alternating runs, peak memory.

    swift build -c release --product network-pass
    python Sources/Benchmarks/full_size.py [unet] [vae] [text] [--pairs 3]

Random weights go into diffusers folders in a temporary folder (4 GB), which is removed afterwards.
Needs torch, diffusers, transformers and safetensors; checked with torch 2.13.0, diffusers 0.42.1,
transformers 5.23.0. Each side runs in a process of its own and counts its time after the model has
been opened and one pass has been made.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

PASSES = 2


def classes():
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel
    return {"unet": UNet2DConditionModel, "vae": AutoencoderKL, "text": CLIPTextModel}


def make(name, folder):
    """Writes a model of that kind with random weights, and an input for it."""
    import torch
    from safetensors.torch import save_file
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    if name == "unet":
        model = classes()[name](
            sample_size=64, cross_attention_dim=768, attention_head_dim=8)
        inputs = {"sample": torch.randn(1, 4, 64, 64), "timesteps": torch.tensor([981.0]),
                  "context": torch.randn(1, 77, 768)}
    elif name == "vae":
        model = classes()[name](
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
        inputs = {"image": torch.rand(1, 3, 512, 512) * 2 - 1, "latent": torch.randn(1, 4, 64, 64)}
    else:
        model = CLIPTextModel(CLIPTextConfig(
            vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
            num_attention_heads=12, bos_token_id=49406, eos_token_id=49407))
        inputs = {"ids": torch.randint(49408, (1, 77)).float()}
    model.save_pretrained(folder / name)
    save_file(inputs, folder / f"{name}.safetensors")


def theirs(name, folder, output):
    """What network-pass does, with diffusers."""
    import torch
    from safetensors.torch import load_file, save_file

    begin = time.perf_counter()
    model = classes()[name].from_pretrained(folder / name).eval()
    print(f"opened {time.perf_counter() - begin:.3f}")
    inputs = load_file(folder / f"{name}.safetensors")
    with torch.inference_mode():
        for _ in range(PASSES):
            begin = time.perf_counter()
            if name == "unet":
                results = {"output": model(
                    inputs["sample"], inputs["timesteps"], inputs["context"]).sample}
            elif name == "vae":
                results = {"moments": model.encode(inputs["image"]).latent_dist.parameters,
                           "decoded": model.decode(inputs["latent"]).sample}
            else:
                results = {"output": model(inputs["ids"].long()).last_hidden_state}
            print(f"seconds {time.perf_counter() - begin:.3f}")
    status = pathlib.Path("/proc/self/status").read_text()
    print(f"peak {int(status.split('VmHWM:')[1].split()[0]) / 1024:.3f}")
    save_file({key: value.contiguous() for key, value in results.items()}, output)


def measured(command):
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    values = [line.split() for line in lines if line.startswith(("opened", "seconds", "peak"))]
    return {key: float(value) for key, value in values}


def compare(name, folder, pairs):
    from safetensors.torch import load_file

    make(name, folder)
    ours_out, theirs_out = folder / "ours.safetensors", folder / "theirs.safetensors"
    ours_command = [".build/release/network-pass", folder / name, folder / f"{name}.safetensors",
                    ours_out, "--runs", str(PASSES)]
    theirs_command = [sys.executable, __file__, "--theirs", name, folder, theirs_out]
    ratios = []
    for _ in range(pairs):
        ours, other = measured(ours_command), measured(theirs_command)
        ratios.append(ours["seconds"] / other["seconds"])
        for label, run in ("ours", ours), ("PyTorch", other):
            print(f"  {label:8} opened {run['opened']:6.3f} s   pass {run['seconds']:7.3f} s   "
                  f"peak {run['peak']:6.0f} MB")
    a, b = load_file(ours_out), load_file(theirs_out)
    for key in b:
        difference = (a[key] - b[key]).abs().max().item()
        print(f"  {key}: max |difference| {difference:.2e}, "
              f"{difference / b[key].abs().max().item():.2e} of the largest value")
    print(f"  {sorted(ratios)[len(ratios) // 2]:.2f} of PyTorch's time")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="unet, vae, text; all when none is given")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--theirs", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.theirs:
        name, folder, output = options.theirs
        return theirs(name, pathlib.Path(folder), output)
    for name in options.names or ["text", "vae", "unet"]:
        with tempfile.TemporaryDirectory() as folder:
            print(name)
            compare(name, pathlib.Path(folder), options.pairs)


if __name__ == "__main__":
    main()
