"""Twenty guided steps of the shipped model in diffusers, for `make bench`: what `text-to-image` does,
every step's belief decoded as well, so that both make the same pictures. Prints `seconds S`, counted
after the imports.

    python text_to_image_shipped.py MODEL OUTPUT_FOLDER

Checked with torch 2.13.0, diffusers 0.42.1, transformers 5.24.0.
"""

import os
import pathlib
import sys
import time

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline

torch.set_num_threads(len(os.sched_getaffinity(0)))
started = time.perf_counter()
output = pathlib.Path(sys.argv[2])
output.mkdir(parents=True, exist_ok=True)
pipeline = StableDiffusionPipeline.from_pretrained(sys.argv[1], safety_checker=None)
pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
pipeline.set_progress_bar_config(disable=True)


def keep(_, index, t, values):
    with torch.inference_mode():
        believed = pipeline.vae.decode(values["latents"] / pipeline.vae.config.scaling_factor).sample
        pipeline.image_processor.postprocess(believed)[0].save(output / f"step-{index:02}.png")
    return {}


with torch.inference_mode():
    pipeline(
        "a red boat on the sea by day", num_inference_steps=20, guidance_scale=3, height=128, width=128,
        callback_on_step_end=keep, generator=torch.Generator().manual_seed(42),
    ).images[0].save(output / "image.png")
print(f"seconds {time.perf_counter() - started:.3f}")
