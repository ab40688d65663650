#!/bin/sh
# The tiny autoencoder's forward is not its decoder after its encoder.
#
# diffusers 0.42.1, AutoencoderTiny. One would guess that vae(x) is vae.decode(vae.encode(x).latents), as
# with AutoencoderKL. In between, forward clamps the latents to ±3, rounds them to 256 levels and brings
# them back, as if they had been stored in a picture. Whoever measures reconstruction, or trains, with the
# call measures another path than a pipeline takes; no gradient reaches the encoder.
#
# Seen on 2026-11-28, with random weights:
#   AutoencoderKL: difference 0.0000, gradient reaches the encoder True
#   AutoencoderTiny: difference 0.0037, gradient reaches the encoder False
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
from diffusers import AutoencoderKL, AutoencoderTiny

torch.manual_seed(0)
tiny = AutoencoderTiny(encoder_block_out_channels=(8, 8), decoder_block_out_channels=(8, 8),
                       num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1)).eval()
usual = AutoencoderKL(block_out_channels=(32,)).eval()
x = torch.rand(1, 3, 16, 16) * 2 - 1
seen = []
for name, vae in (("AutoencoderKL", usual), ("AutoencoderTiny", tiny)):
    encoded = vae.encode(x)
    latents = encoded.latents if vae is tiny else encoded.latent_dist.mode()
    call = vae(x).sample
    difference = float((call - vae.decode(latents).sample).abs().max())
    call.sum().backward()
    reaches = any(weight.grad is not None and bool(weight.grad.any()) for weight in vae.encoder.parameters())
    print(f"{name}: difference {difference:.4f}, gradient reaches the encoder {reaches}")
    seen.append((difference > 1e-4, reaches))
assert seen == [(False, True), (True, False)]
END
