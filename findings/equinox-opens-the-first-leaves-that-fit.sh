#!/bin/sh
# The file of a deep network opens as a shallow one, and an encoder's as a decoder.
#
# equinox 0.13.8, jax 0.10.2. tree_deserialise_leaves(file, like) fills a network like the one that was saved, and
# refuses an array of another shape; one would guess that it refuses another network, too. Neither names nor a count
# are in the file: arrays follow each other in the order of the fields. A network with fewer layers takes the
# first ones and leaves the rest unread, without a word; one whose two fields were put in another order has each
# in the other's place, if their shapes are equal, as an encoder's and a decoder's inner layers are.
#
# Seen on 2026-11-30:
#   six layers opened as two: 2 of the first layers taken
#   fields in another order: the decoder has the encoder's weights: True
#   another width is refused: True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 jax==0.10.2 jaxlib==0.10.2 equinox==0.13.8
cd "$folder"
JAX_PLATFORMS=cpu "$folder/venv/bin/python" -W ignore - <<'END'
import equinox
import jax

first, second, *others = jax.random.split(jax.random.key(0), 5)


class Saved(equinox.Module):
    encoder: equinox.nn.Linear
    decoder: equinox.nn.Linear


class Sorted(equinox.Module):
    decoder: equinox.nn.Linear
    encoder: equinox.nn.Linear


def opened(network, like):
    equinox.tree_serialise_leaves("network.eqx", network)
    return equinox.tree_deserialise_leaves("network.eqx", like)


deep = equinox.nn.MLP(4, 4, 4, depth=5, key=first)
shallow = opened(deep, equinox.nn.MLP(4, 4, 4, depth=1, key=second))
taken = sum(bool((one.weight == other.weight).all()) for one, other in zip(shallow.layers, deep.layers))
print(f"six layers opened as two: {taken} of the first layers taken")
saved = Saved(*(equinox.nn.Linear(4, 4, key=key) for key in (first, second)))
turned = opened(saved, Sorted(*(equinox.nn.Linear(4, 4, key=key) for key in others[:2])))
swapped = bool((turned.decoder.weight == saved.encoder.weight).all())
print(f"fields in another order: the decoder has the encoder's weights: {swapped}")
try:
    opened(deep, equinox.nn.MLP(3, 4, 4, depth=5, key=first))
    refused = False
except Exception as error:
    refused = True
print(f"another width is refused: {refused}")
assert taken == 2 and swapped and refused
END
