"""One network of Stable Diffusion v1 at full size in stable-diffusion.cpp, for `make bench`.

    python sd_cpp.py unet|unet-2|decoder FOLDER

FOLDER holds the diffusers folders that `benchmarks` writes. Its networks cannot be called one by one:
a picture of 512x512 is drawn in three steps. For the U-Net the times between the steps are printed,
the first of which warms up; with guidance (unet-2) a step makes two passes of one. For the decoder it
is the time from the last step to the picture, twice. The weights stay float16, as they are stored.

Checked with stable-diffusion-cpp-python 0.4.7, built where it runs.
"""

import os
import sys
import time

from stable_diffusion_cpp import StableDiffusion


def main():
    part, folder = sys.argv[1:]
    model = StableDiffusion(
        model_path=folder, n_threads=len(os.sched_getaffinity(0)), verbose=False)
    for _ in range(2 if part == "decoder" else 1):
        marks = []
        model.generate_image(
            prompt="a red boat", cfg_scale=7.5 if part == "unet-2" else 1.0, sample_method="euler",
            sample_steps=1 if part == "decoder" else 3, seed=1,
            progress_callback=lambda *_: marks.append(time.perf_counter()))
        marks.append(time.perf_counter())
        steps = list(zip(marks, marks[1:]))
        for begin, end in steps[-1:] if part == "decoder" else steps[:-1]:
            print(f"seconds {end - begin:.4f}")


if __name__ == "__main__":
    main()
