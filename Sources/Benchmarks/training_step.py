"""Training steps of the shipped architectures on random numbers with diffusers and PyTorch: what the
executable `training-step` does. Prints the median time of a step, without the first two.

    python Sources/Benchmarks/training_step.py unet|autoencoder [--steps 12]

Checked with torch 2.13.0 and diffusers 0.42.1.
"""

import argparse
import os
import statistics
import time

import torch
from torch.nn import functional


def unet():
    from diffusers import UNet2DConditionModel

    model = UNet2DConditionModel(
        sample_size=16, block_out_channels=(64, 96, 128), layers_per_block=1, attention_head_dim=4,
        cross_attention_dim=96,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"))
    sample, noise = torch.randn(32, 4, 16, 16), torch.randn(32, 4, 16, 16)
    context, timesteps = torch.randn(32, 77, 96), 31 * torch.arange(32)
    return model, lambda: functional.mse_loss(model(sample, timesteps, context).sample, noise)


def autoencoder():
    from diffusers import AutoencoderKL

    model = AutoencoderKL(
        block_out_channels=(16, 32, 64, 96), layers_per_block=1, norm_num_groups=16,
        latent_channels=4, down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4)
    images = torch.randn(8, 3, 64, 64)

    def loss():
        posterior = model.encode(images).latent_dist
        decoded = model.decode(posterior.sample()).sample
        return (decoded - images).abs().mean() + 1e-6 * posterior.kl().mean()

    return model, loss


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("network", choices=("unet", "autoencoder"))
    parser.add_argument("--steps", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    model, loss = {"unet": unet, "autoencoder": autoencoder}[options.network]()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    times = []
    for _ in range(options.steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    print("seconds", statistics.median(times[2:]))
    print("best", min(times[2:]))


if __name__ == "__main__":
    main()
