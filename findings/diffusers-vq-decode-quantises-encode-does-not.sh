#!/bin/sh
# The vectors of a codebook autoencoder are chosen by its decoder.
#
# diffusers 0.42.1, VQModel. One would guess that encode gives vectors of the codebook, as that is what the
# picture is kept as, and that decode takes what it is given. encode gives the encoder's numbers as they
# are. decode replaces each vector by the nearest of the codebook, so that latents which were mixed or noised
# are decoded as others, or as if nothing had happened. With `force_not_quantize=True` it leaves them.
#
# Seen on 2026-11-29, random weights, latents of 8×8:
#   encoded latents are 1.18 away from the codebook
#   moved by 0.01: decoded picture the same: True; with force_not_quantize it moves by 0.017
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
from diffusers import VQModel

torch.manual_seed(0)
model = VQModel(block_out_channels=(32,), latent_channels=4, num_vq_embeddings=16)
with torch.no_grad():
    model.quantize.embedding.weight.normal_()
    latents = model.encode(torch.rand(1, 3, 8, 8) * 2 - 1).latents
    chosen = model.quantize(latents)[0]
    print(f"encoded latents are {(latents - chosen).abs().max():.2f} away from the codebook")
    same = torch.equal(model.decode(chosen + 0.01).sample, model.decode(chosen).sample)
    moved = model.decode(chosen + 0.01, force_not_quantize=True).sample
    kept = (moved - model.decode(chosen).sample).abs().max()
    print(f"moved by 0.01: decoded picture the same: {same}; with force_not_quantize it moves by {kept:.3f}")
    assert not torch.allclose(latents, chosen, atol=0.1) and same and kept > 1e-3
END
