"""Compares text-to-image at full Stable Diffusion v1 size with diffusers: every latent, the picture,
the time of a step and the peak memory.

    swift build -c release --product text-to-image
    python Sources/Benchmarks/text_to_image.py VOCABULARY [--steps 2] [--sampler ddim] [--model FOLDER]

VOCABULARY is a folder with CLIP's vocab.json and merges.txt. A model with random weights (4 GB) goes
into a temporary folder, unless FOLDER is there already. Needs torch, diffusers, transformers and
safetensors; checked with torch 2.13.0, diffusers 0.42.1, transformers 5.23.0. Each side runs in a
process of its own.
"""

import argparse
import csv
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PROMPT, SEED = "a photo of an astronaut riding a horse on mars", 42
SCHEDULERS = {
    "ddim": "DDIMScheduler", "pndm": "PNDMScheduler", "euler": "EulerDiscreteScheduler",
    "dpm-solver++": "DPMSolverMultistepScheduler"}


def make(folder, vocabulary):
    """Writes Stable Diffusion v1 with random weights as a model folder."""
    import torch
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    (folder / "tokenizer").mkdir(parents=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(vocabulary / name, folder / "tokenizer")
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    (folder / "tokenizer/tokenizer_config.json").write_text(json.dumps(settings))
    pipeline = StableDiffusionPipeline(
        unet=UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8),
        vae=AutoencoderKL(
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
            sample_size=512, down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4),
        text_encoder=CLIPTextModel(CLIPTextConfig(
            vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
            num_attention_heads=12, bos_token_id=49406, eos_token_id=49407)),
        tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer"),
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True,
            set_alpha_to_one=False, steps_offset=1, clip_sample=False),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    for part in ("unet", "vae", "text_encoder", "scheduler"):
        getattr(pipeline, part).save_pretrained(folder / part)
    pipeline.save_config(folder)


def theirs(folder, steps, sampler, output):
    import diffusers
    import torch
    from safetensors.torch import save_file

    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = getattr(diffusers, SCHEDULERS[sampler]).from_config(
        pipeline.scheduler.config, clip_sample=False)
    latents, times = [], [time.perf_counter()]

    def keep(_, index, t, values):
        latents.append(values["latents"].clone())
        times.append(time.perf_counter())
        return {}

    with torch.inference_mode():
        image = pipeline(
            PROMPT, num_inference_steps=steps, output_type="pt", callback_on_step_end=keep,
            generator=torch.Generator().manual_seed(SEED)).images
    status = pathlib.Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({"seconds": times[-1] - times[-2], "peak": peak}))
    save_file({"image": image, "latents": torch.cat(latents)}, output)


def ours(folder, steps, sampler, output):
    subprocess.run(
        [".build/release/text-to-image", "--model", folder, "--prompt", PROMPT, "--steps", str(steps),
         "--sampler", sampler, "--seed", str(SEED), "--tensors", "--quiet", "--output", output],
        check=True, capture_output=True)
    rows = list(csv.DictReader(open(output / "steps.csv")))
    manifest = json.loads((output / "manifest.json").read_text())
    return {"seconds": float(rows[-1]["seconds"]), "peak": manifest["peakMemoryBytes"] / 2**20,
            "stages": {s["name"]: round(s["seconds"], 2) for s in manifest["stages"]}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("vocabulary", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--sampler", default="ddim", choices=SCHEDULERS)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--theirs", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.theirs:
        return theirs(options.model, options.steps, options.sampler, options.theirs)

    from safetensors.torch import load_file
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        folder = options.model or temporary / "model"
        if not folder.exists():
            make(folder, options.vocabulary)
        own = ours(folder, options.steps, options.sampler, temporary / "ours")
        command = [sys.executable, __file__, options.vocabulary, "--model", folder, "--steps",
                   str(options.steps), "--sampler", options.sampler, "--theirs",
                   temporary / "theirs.safetensors"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        other = json.loads(lines.splitlines()[-1])
        a = load_file(temporary / "ours/tensors.safetensors")
        b = load_file(temporary / "theirs.safetensors")
    for label, run in ("ours", own), ("diffusers", other):
        print(f"{label:10} step {run['seconds']:7.2f} s   peak {run['peak']:6.0f} MB")
    print(f"ours       {own['stages']}")
    z, reference = a["z.final"], b["latents"][-1:]
    error = (z - reference).abs().max().item() / reference.abs().max().item()
    psnr = -10 * math.log10(max((a["image"] - b["image"]).square().mean().item(), 1e-20))
    print(f"z.final: max |difference| {error:.1e} of the largest value; picture: PSNR {psnr:.1f} dB")
    print(f"{own['seconds'] / other['seconds']:.2f} of PyTorch's time, "
          f"{own['peak'] / other['peak']:.2f} of its memory")


if __name__ == "__main__":
    main()
