#!/bin/sh
# Of three libraries one heeds the size that is given for SSIM's Gaussian window.
#
# torchmetrics 1.9.0 (kernel_size), scikit-image 0.26.0 (win_size), pytorch-msssim 1.0.0 (win_size). One would
# guess that a size of 3 makes a window of 3×3 pixels. pytorch-msssim does so. torchmetrics has a window as σ
# wants it (11×11 for 1.5) and forgets the size. scikit-image has the same 11×11 window and uses the
# size for how much is cut off at the edge: with 3 it averages over windows that reach beyond the picture. With
# their uniform windows both heed it. A table that states a size states nothing of two of the three.
#
# Seen on 2026-11-29, SSIM of one pair of pictures with sizes 3, 5, 7 and 11, σ 1.5:
#   torchmetrics: 0.3167 0.3167 0.3167 0.3167
#   scikit-image: 0.3164 0.3155 0.3147 0.3166
#   pytorch-msssim: 0.2546 0.2909 0.3084 0.3166
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

random = torch.Generator().manual_seed(0)
true = torch.nn.functional.avg_pool2d(torch.rand(1, 1, 68, 68, generator=random), 5, 1)
drawn = true + 0.1 * torch.randn(true.shape, generator=random)
gauss = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1}
arrays = [picture[0, 0].numpy() for picture in (drawn, true)]
sizes, tensors = (3, 5, 7, 11), (drawn, true)
seen = {
    "torchmetrics": [
        structural_similarity_index_measure(*tensors, data_range=1.0, sigma=1.5, kernel_size=size) for size in sizes],
    "scikit-image": [structural_similarity(*arrays, win_size=size, **gauss) for size in sizes],
    "pytorch-msssim": [
        pytorch_msssim.ssim(*tensors, data_range=1, win_sigma=1.5, win_size=size) for size in sizes],
}
for name, values in seen.items():
    print(name + ":", " ".join(f"{float(value):.4f}" for value in values))
# The window itself: the similarity in the middle of the picture, away from all edges.
middle = [structural_similarity(*arrays, win_size=size, full=True, **gauss)[1][20:-20, 20:-20] for size in (3, 11)]
assert len({float(value) for value in seen["torchmetrics"]}) == 1
assert (middle[0] == middle[1]).all() and abs(seen["scikit-image"][0] - seen["scikit-image"][3]) < 0.01
assert seen["pytorch-msssim"][3] - seen["pytorch-msssim"][0] > 0.01
END
