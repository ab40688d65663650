#!/bin/sh
# A pass in evaluation mode makes the codebook, and the training has to live with it.
#
# vector-quantize-pytorch 1.32.0. With `kmeans_init=True` the codebook is made of the first batch that comes, and
# one would guess of the first batch of training: in evaluation mode, without gradients, a network is looked at and
# left as it is. It is made of the first batch in any mode. The check of a few validation pictures
# before training begins, as Lightning does it unasked, or a look at the shapes with a tensor of zeros, decides
# all codes; the training's own first batch comes too late, and finds one code of eight in use here.
#
# Seen on 2026-11-29, training data around -10, codes that its first batch uses and the loss:
#   training first: 8 of 8 codes, loss 0.3
#   one evaluation of other data (around 10) first: codebook 0 before, around 10.0 after; 1 of 8 codes, loss 371.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 vector-quantize-pytorch==1.32.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from vector_quantize_pytorch import VectorQuantize

torch.manual_seed(0)
training, other = torch.randn(1, 64, 4) - 10, torch.randn(1, 64, 4) + 10


def first_training_batch(quantizer):
    _, indices, loss = quantizer.train()(training)
    return len(indices.unique()), float(loss)


fresh = first_training_batch(VectorQuantize(dim=4, codebook_size=8, kmeans_init=True))
print("training first: {} of 8 codes, loss {:.1f}".format(*fresh))
quantizer = VectorQuantize(dim=4, codebook_size=8, kmeans_init=True).eval()
before = float(quantizer.codebook.abs().max())
with torch.no_grad():
    quantizer(other)
after = float(quantizer.codebook.mean())
late = first_training_batch(quantizer)
print(f"one evaluation of other data (around 10) first: codebook {before:g} before, around {after:.1f} after; "
      "{} of 8 codes, loss {:.1f}".format(*late))
assert fresh[0] == 8 and fresh[1] < 5 and before == 0 and after > 9 and late[0] == 1 and late[1] > 100
END
