#!/bin/sh
# A query that may look at nothing sees zeros, NaN or everything.
#
# torch 2.13.0 (CPU). Attention with all keys masked has no answer, and one would guess NaN, as the formula
# gives it. scaled_dot_product_attention gives zeros, with a mask of booleans and with one of -inf, in the
# fused kernel and in the plain one. Softmax written out gives NaN. With the smallest finite number in
# place of -inf, as masks of many text encoders are made, it is the mean of all values: nothing is
# hidden. Replacing the default processor by one that shows its maps changes the picture there.
#
# Seen on 2026-11-29:
#   booleans: zeros; written out: NaN
#   -inf: zeros; written out: NaN
#   smallest finite number: mean of all; written out: mean of all
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch

q, k, v = torch.randn(3, 1, 1, 4, 8, generator=torch.Generator().manual_seed(0))
hidden = torch.ones(4, 4, dtype=torch.bool)
infinite, finite = (torch.zeros(4, 4).masked_fill(hidden, value)
                    for value in (float("-inf"), torch.finfo(torch.float32).min))


def name(result):
    row = result[0, 0, 0]
    if row.isnan().all():
        return "NaN"
    return "zeros" if not row.any() else "mean of all" if torch.allclose(row, v[0, 0].mean(0)) else "else"


def written_out(mask):
    return torch.softmax(q @ k.mT / 8**0.5 + mask, -1) @ v


seen = []
for title, given, added in (("booleans", ~hidden, infinite), ("-inf", infinite, infinite),
                            ("smallest finite number", finite, finite)):
    fused = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=given)
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        plain = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=given)
    assert name(fused) == name(plain)
    seen.append((name(fused), name(written_out(added))))
    print(f"{title}: {seen[-1][0]}; written out: {seen[-1][1]}")
assert seen == [("zeros", "NaN"), ("zeros", "NaN"), ("mean of all", "mean of all")]
END
