#!/bin/sh
# Magnitude-aware guidance works on rows of tokens and on nothing that has the shape of a picture.
#
# diffusers 0.42.1, torch 2.13.0, MagnitudeAwareGuidance. All guiders take the two predictions and mix them, and one would
# guess that this one does so for any shape, as the others do: it asks for lengths over all dimensions but the first. With
# two of them, the tokens of Flux, that works. With three (latents of Stable Diffusion) or four (of a
# film) it is a RuntimeError about a matrix norm: over two dimensions or one torch.norm is a length, over more it
# hands the list on to the norm of matrices, which wants exactly two.
#
# Seen on 2026-11-29, magnitude-aware and plain guidance:
#   [1, 256, 16]: works, works
#   [1, 4, 32, 32]: RuntimeError, works
#   [1, 4, 2, 32, 32]: RuntimeError, works
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
from diffusers.guiders import ClassifierFreeGuidance, MagnitudeAwareGuidance


def tried(guider, shape):
    guider.set_state(step=0, num_inference_steps=10, timestep=torch.tensor(999))
    try:
        guider.forward(torch.ones(shape), torch.zeros(shape) + 0.5)
        return "works"
    except RuntimeError as error:
        assert "matrix_norm" in str(error)
        return "RuntimeError"


seen = []
for shape in ([1, 256, 16], [1, 4, 32, 32], [1, 4, 2, 32, 32]):
    seen.append((tried(MagnitudeAwareGuidance(), shape), tried(ClassifierFreeGuidance(), shape)))
    print(f"{shape}: {', '.join(seen[-1])}")
assert seen == [("works", "works"), ("RuntimeError", "works"), ("RuntimeError", "works")]
END
