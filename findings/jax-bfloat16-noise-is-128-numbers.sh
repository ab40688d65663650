#!/bin/sh
# Normal noise in bfloat16 consists of 128 numbers, and none is above 2.52.
#
# jax 0.10.2 (CPU). Large models run in bfloat16 and want their noise in it, and one would guess that
# jax.random.normal(key, shape, jnp.bfloat16) is the float32 draw, rounded, as it is in torch and mlx: some
# thousands of numbers, tails as far out as ever. The draw itself is made in the type: seven random bits
# choose one of 128 numbers between 0 and 1, whose normal quantiles are the noise. So there is an end at
# -2.89 and another, nearer one at 2.52, beyond which lie 0.8 % of all normal numbers, and the mean is below 0.
# float16 has 1024 numbers. The 16384 numbers of a latent should reach about 4 in both directions, and never do.
#
# Seen on 2026-11-30, a million numbers, one key:
#   float32: 985546 numbers from -4.65 to 4.52, mean 0.000, deviation 0.999, beyond 2.6: 0.92 %
#   float16: 1024 numbers from -3.49 to 3.18, mean -0.002, deviation 1.000, beyond 2.6: 0.98 %
#   bfloat16: 128 numbers from -2.89 to 2.52, mean -0.012, deviation 0.996, beyond 2.6: 0.77 %
#   float32 rounded to bfloat16: 3612 numbers from -4.66 to 4.53, mean 0.000, deviation 0.999, beyond 2.6: 0.92 %
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 JAX_PLATFORMS=cpu "$folder/venv/bin/python" -W ignore - <<'END'
import jax
import jax.numpy as jnp
import numpy as np

seen = {}


def look(name, numbers):
    numbers = np.asarray(numbers.astype(jnp.float32)).astype(np.float64)
    seen[name] = len(np.unique(numbers)), numbers.min(), numbers.max(), numbers.mean(), numbers.std()
    print("{}: {} numbers from {:.2f} to {:.2f}, mean {:.3f}, deviation {:.3f}, beyond 2.6: {:.2f} %".format(
        name, *seen[name], 100 * (abs(numbers) > 2.6).mean()))


key = jax.random.key(0)
for kind in (jnp.float32, jnp.float16, jnp.bfloat16):
    look(kind.__name__, jax.random.normal(key, (1 << 20,), kind))
look("float32 rounded to bfloat16", jax.random.normal(key, (1 << 20,)).astype(jnp.bfloat16))
assert seen["bfloat16"][0] == 128 and seen["float16"][0] == 1024
assert seen["bfloat16"][1] > -2.9 and seen["bfloat16"][2] < 2.6 and seen["bfloat16"][3] < -0.01
rounded = seen["float32 rounded to bfloat16"]
assert rounded[0] > 2000 and rounded[1] < -4.4 and rounded[2] > 4.4
END
