#!/bin/sh
# A converted network that draws noise draws the same noise after every loading, whatever the seed.
#
# openvino 2026.4.1, torch 2.13.0 (CPU). An encoder that samples its latent, or a sampler's step, may hold randn_like,
# and one would guess that the converted network draws afresh each time, as random numbers without a seed do, or heeds
# torch.manual_seed as before. convert_model draws a seed and writes it into the file: every loading begins the
# same sequence, in another process too, so that ten programs that draw one picture each draw one picture.
# Converting again makes another file with another seed. rand_like in the same network gets no seed and differs
# each time, so that a test made with it finds nothing.
#
# Seen on 2026-11-29, the first pass of two loadings of one file, and of a second conversion:
#   randn_like: loadings equal, second conversion differs
#   rand_like: loadings differ, second conversion differs
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 openvino==2026.4.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import numpy
import openvino
import torch


class Drawing(torch.nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def forward(self, latent):
        return latent + self.draw(latent)


def first_pass(file, seed):
    torch.manual_seed(seed)
    network = openvino.Core().compile_model(file, "CPU")
    return network(numpy.zeros((1, 4, 8, 8), numpy.float32))[0].copy()


said, seen = {True: "equal", False: "differ"}, []
for name, draw in (("randn_like", torch.randn_like), ("rand_like", torch.rand_like)):
    for file in ("one.xml", "two.xml"):
        converted = openvino.convert_model(Drawing(draw), example_input=torch.zeros(1, 4, 8, 8))
        openvino.save_model(converted, file)
    passes = [first_pass("one.xml", 0), first_pass("one.xml", 1), first_pass("two.xml", 0)]
    seen.append([numpy.array_equal(passes[0], other) for other in passes[1:]])
    print(f"{name}: loadings {said[seen[-1][0]]}, second conversion {said[seen[-1][1]]}s".replace("equals", "equal"))
assert seen == [[True, False], [False, False]]
END
