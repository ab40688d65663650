#!/bin/sh
# The SSIM of torchmetrics sees five pixels beyond the picture's edge.
#
# torchmetrics 1.9.0, beside scikit-image 0.26.0 and pytorch-msssim 1.0.0, all with a Gaussian window of σ 1.5. One
# would guess that they agree but for rounding. scikit-image and pytorch-msssim average over the windows that lie
# inside the picture, as published. torchmetrics mirrors the picture at its edges and averages over every
# pixel: what is wrong at the edge counts more, what is wrong in the middle counts less. An autoencoder that errs
# at its borders, as padding makes them do, is 0.76 here and 0.94 there; with large pictures, or errors that
# are the same everywhere, the two are equal to two digits.
#
# Seen on 2026-11-29, a smooth picture with noise in its outer five pixels, in all others, in all:
#   16 pixels: torchmetrics 0.39 0.83 0.34, scikit-image 0.57 0.42 0.33, pytorch-msssim 0.57 0.42 0.33
#   64 pixels: torchmetrics 0.76 0.48 0.31, scikit-image 0.94 0.33 0.32, pytorch-msssim 0.94 0.33 0.32
#   256 pixels: torchmetrics 0.94 0.35 0.31, scikit-image 0.99 0.31 0.31, pytorch-msssim 0.99 0.31 0.31
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 scipy==1.17.1 torchmetrics==1.9.0 \
  scikit-image==0.26.0 pytorch-msssim==1.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import pytorch_msssim
import torch
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

gauss = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
libraries = {
    "torchmetrics": lambda a, b: structural_similarity_index_measure(a, b, data_range=1.0, sigma=1.5),
    "scikit-image": lambda a, b: structural_similarity(a[0, 0].numpy(), b[0, 0].numpy(), **gauss),
    "pytorch-msssim": lambda a, b: pytorch_msssim.ssim(a, b, data_range=1, win_sigma=1.5),
}
random, seen = torch.Generator().manual_seed(0), {}
for size in (16, 64, 256):
    rough = torch.rand(1, 1, size + 4, size + 4, generator=random)
    true = torch.nn.functional.avg_pool2d(rough, 5, 1)
    noise = 0.1 * torch.randn(true.shape, generator=random)
    border = torch.ones_like(true)
    border[..., 5:-5, 5:-5] = 0
    for name, ssim in libraries.items():
        seen[name] = [float(ssim(true + noise * where, true)) for where in (border, 1 - border, 1)]
    print(f"{size} pixels:", ", ".join(
        " ".join([name] + [f"{value:.2f}" for value in values]) for name, values in seen.items()))
    mirrored, *others = seen.values()
    assert max(abs(a - b) for a, b in zip(*others)) < 1e-4
    assert others[0][0] - mirrored[0] > 0.03 and mirrored[1] - others[0][1] > 0.03
END
