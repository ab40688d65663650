#!/bin/sh
# With "immiscible" noise a network is asked for the noise of another picture.
#
# denoising-diffusion-pytorch 2.3.4. GaussianDiffusion(..., immiscible=True) deals a batch's noise out anew, so that
# each picture is mixed with noise that is near to it, and one would guess that the network then has to find the
# noise it was shown. The dealing happens while the mixing is done, and what is to be found is the noise before it:
# with few exceptions another picture's, of which there is nothing to be seen in the input. A network that knows
# the right answer has a loss of 2, one that always answers 0 has 1, which is about the best there is: training
# learns to answer nothing. The default objective, v, holds the same noise; only where the picture itself is to be
# found (pred_x0) is nothing wrong.
#
# Seen on 2026-11-30, batches of 64, mean loss over ten of them:
#   pred_noise: right answer 0.00, 0 for an answer 1.00; immiscible: right answer 1.99, 0 for an answer 1.00
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 scipy==1.17.1 pillow==13.0.0 einops==0.8.2 \
    ema-pytorch==0.8.3 accelerate==1.15.0 requests==2.34.2
# A torchvision that does without its binary part: nothing of it is used here, but it is imported.
"$folder/venv/bin/pip" install --quiet --no-deps denoising-diffusion-pytorch==2.3.4 \
    torchvision==0.15.2 pytorch-fid==0.3.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from denoising_diffusion_pytorch import GaussianDiffusion


class Knowing(torch.nn.Module):
    channels, out_dim, self_condition, share, pictures = 1, 1, False, 1, None

    def forward(self, noisy, times, _):
        kept = self.diffusion[0].alphas_cumprod[times].view(-1, 1, 1, 1)
        return self.share * (noisy - kept.sqrt() * self.pictures) / (1 - kept).sqrt()


seen = {}
for immiscible in (False, True):
    network = Knowing()
    diffusion = GaussianDiffusion(network, image_size=8, objective="pred_noise", immiscible=immiscible)
    network.diffusion = [diffusion]
    for network.share in (1, 0):
        torch.manual_seed(0)
        losses = []
        for _ in range(10):
            pictures = torch.rand(64, 1, 8, 8)
            network.pictures = 2 * pictures - 1
            losses.append(float(diffusion(pictures, times=torch.randint(100, 900, (64,)))))
        seen[immiscible, network.share] = sum(losses) / 10
print("pred_noise: right answer {:.2f}, 0 for an answer {:.2f}; "
      "immiscible: right answer {:.2f}, 0 for an answer {:.2f}".format(*seen.values()))
assert seen[False, 1] < 1e-3 and abs(seen[False, 0] - 1) < 0.05
assert seen[True, 1] > 1.8 and abs(seen[True, 0] - 1) < 0.05
END
