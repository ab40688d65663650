#!/bin/sh
# The groups of a GroupNorm are neighbours in one library and every n-th channel in the other.
#
# mlx 0.32.4 (on a CPU). GroupNorm(groups, channels) has one weight and one bias for a channel in every library,
# and one would guess that its groups are neighbouring channels, as in the paper and in PyTorch. mlx takes
# every n-th channel for one of n groups: of eight channels in two groups 0, 2, 4, 6 and 1, 3, 5, 7. All
# tensors of a U-Net or an autoencoder fit, and every ResNet block computes something else. With
# `pytorch_compatible=True` the groups are neighbours; with one group, or as many as channels, there is no difference.
#
# Seen on 2026-11-29, the channels that change with channel 0, of 8 channels in 2 groups:
#   as is: 0 2 4 6
#   pytorch_compatible=True: 0 1 2 3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "mlx[cpu]==0.32.4" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import mlx.core as mx
import mlx.nn
import numpy

mx.set_default_device(mx.cpu)
picture = numpy.random.default_rng(0).standard_normal((1, 3, 3, 8)).astype(numpy.float32)
other = picture.copy()
other[..., 0] *= 5
seen = []
for name, options in (("as is", {}), ("pytorch_compatible=True", {"pytorch_compatible": True})):
    norm = mlx.nn.GroupNorm(2, 8, **options)
    moved = numpy.abs(numpy.array(norm(mx.array(picture))) - numpy.array(norm(mx.array(other))))
    seen.append([channel for channel in range(8) if moved[..., channel].max() > 1e-3])
    print(name + ":", *seen[-1])
assert seen == [[0, 2, 4, 6], [0, 1, 2, 3]]
END
