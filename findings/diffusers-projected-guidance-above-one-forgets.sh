#!/bin/sh
# Adaptive projected guidance at a scale of 1.01 forgets nearly half of the prompt.
#
# diffusers 0.42.1, AdaptiveProjectedGuidance. Guidance at scale 1 is the prediction with the prompt, more than that
# is more of the prompt, and one would guess so of this guider, and of its name that it projects. Its default
# eta of 1 projects nothing: without a limit of length it is plain guidance. The limit, 15 by default, is one of the
# whole latent's difference, and what is cut is taken from the prediction without the prompt: just above 1 the
# picture goes back towards that one, the more the larger the picture, since a length grows with the
# number of pixels. At exactly 1 nothing is cut. `use_original_formulation`, with the scale less 1, begins at
# the prediction with the prompt.
#
# Seen on 2026-11-29, predictions that differ by 0.2 in each number, how far from the one (0) to the other (1):
#   64×64: scale 1.00 1.00, scale 1.01 0.59, scale 7.50 4.40; of the original formulation 1.01
#   128×128: scale 1.00 1.00, scale 1.01 0.29, scale 7.50 2.19; of the original formulation 1.00
#   without the limit of length, difference from plain guidance: 0.0000
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers.guiders import AdaptiveProjectedGuidance, ClassifierFreeGuidance


def guided(kind, cond, uncond, **settings):
    guider = kind(**settings)
    guider.set_state(step=5, num_inference_steps=20, timestep=torch.tensor(500))
    return guider.forward(cond, uncond).pred


seen = {}
for size in (64, 128):
    torch.manual_seed(0)
    uncond = torch.randn(1, 4, size, size)
    cond = uncond + 0.2 * torch.randn(1, 4, size, size)

    def way(**settings):
        pred = guided(AdaptiveProjectedGuidance, cond, uncond, **settings)
        return float(((pred - uncond) * (cond - uncond)).sum() / (cond - uncond).square().sum())

    for scale in (1.0, 1.01, 7.5):
        seen[size, scale] = way(guidance_scale=scale)
    seen[size, "original"] = way(guidance_scale=0.01, use_original_formulation=True)
    print(f"{size}×{size}: " + ", ".join(f"scale {scale:.2f} {seen[size, scale]:.2f}" for scale in (1.0, 1.01, 7.5))
          + f"; of the original formulation {seen[size, 'original']:.2f}")
plain = guided(ClassifierFreeGuidance, cond, uncond, guidance_scale=7.5)
free = guided(AdaptiveProjectedGuidance, cond, uncond, guidance_scale=7.5, adaptive_projected_guidance_rescale=0.0)
print(f"without the limit of length, difference from plain guidance: {float((free - plain).abs().max()):.4f}")
assert seen[64, 1.0] == seen[128, 1.0] == 1 and 0.55 < seen[64, 1.01] < 0.63 and 0.26 < seen[128, 1.01] < 0.33
assert min(seen[64, "original"], seen[128, "original"]) > 1 and (free - plain).abs().max() < 1e-4
END
