"""The arithmetic of `forward-noising` in PyTorch, for `make bench`.

1000 steps on one image: the chain, the composed noise, the closed form, their largest difference,
the moments and the PSNR of each x_t; pictures at 11 timesteps. Prints `seconds S`, counted after
the imports, so that only the work is compared.

    python forward_noising.py IMAGE.png OUTPUT_FOLDER
"""

import pathlib
import sys
import time

import numpy
import torch
from PIL import Image

started = time.perf_counter()
picture = Image.open(sys.argv[1]).convert("RGB")
output = pathlib.Path(sys.argv[2])
output.mkdir(parents=True, exist_ok=True)

x0 = torch.from_numpy(numpy.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
alphas = 1 - betas
cumprod = alphas.cumprod(0)
shown = {round(i * 999 / 10) for i in range(11)}

torch.manual_seed(42)
epsilon = torch.randn(x0.shape)
chain, composed = x0, torch.zeros_like(x0)
rows = []
for t in range(1000):
    fresh = torch.randn(x0.shape)
    before = 1 - cumprod[t - 1].item() if t else 0.0
    alpha, beta, now = alphas[t].item(), betas[t].item(), 1 - cumprod[t].item()
    chain = alpha**0.5 * chain + beta**0.5 * fresh
    composed = (alpha * before / now) ** 0.5 * composed + (beta / now) ** 0.5 * fresh
    closed = cumprod[t].item() ** 0.5 * x0 + now**0.5 * composed
    x_t = cumprod[t].item() ** 0.5 * x0 + now**0.5 * epsilon
    rows.append(
        (
            t,
            (chain - closed).abs().max().item(),
            x_t.mean().item(),
            x_t.std().item(),
            ((x_t - x0) ** 2).mean().item(),
        )
    )
    if t in shown:
        pixels = ((x_t / 2 + 0.5).clamp(0, 1) * 255).round().byte()[0].permute(1, 2, 0)
        Image.fromarray(pixels.numpy()).save(output / f"x_t-{t:04d}.png")

print(f"largest error {max(row[1] for row in rows):.3g}")
print(f"seconds {time.perf_counter() - started:.3f}")
