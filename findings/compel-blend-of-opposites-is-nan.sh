#!/bin/sh
# The difference of two prompts is not a number.
#
# compel 2.5.1. Its blend mixes prompts, and weights may be negative: ("a", "b").blend(1, -0.5). One would
# guess that a blend is the sum of the weighted embeddings, or their mean with weights that sum to 1 where
# that is possible. It divides by the weights' sum, whatever that is: (1, -1), "what a has that b has
# not", is not finite, without a word, and (1, -0.9) is ten times the first less nine times the second.
# Only `no_normalize` as a last argument gives the sum.
#
# Seen on 2026-11-28:
#   blend(1, 1): finite, the mean
#   blend(1, -1): not finite
#   blend(1, -0.9): finite, 10 times the first less 9 times the second
#   blend(1, -1, no_normalize): finite, the difference
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 compel==2.5.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import json
import os

import torch
from compel import Compel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

letters = [chr(c) for c in range(97, 123)]
tokens = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
marks = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
         "pad_token": "<|endoftext|>"}
os.mkdir("tokenizer")
for name, content in {
    "vocab.json": json.dumps({token: number for number, token in enumerate(tokens)}),
    "merges.txt": "#version: 0.2\n",
    "tokenizer_config.json": json.dumps(
        {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **marks}),
}.items():
    with open("tokenizer/" + name, "w") as file:
        file.write(content)
torch.manual_seed(0)
encoder = CLIPTextModel(CLIPTextConfig(
    vocab_size=54, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
    bos_token_id=52, eos_token_id=53)).eval()
compel = Compel(CLIPTokenizer.from_pretrained("tokenizer"), encoder)
with torch.no_grad():
    a, b = compel("a b"), compel("c d")
expected = {
    "1, 1": ("the mean", (a + b) / 2),
    "1, -1": ("", None),
    "1, -0.9": ("10 times the first less 9 times the second", 10 * a - 9 * b),
    "1, -1, no_normalize": ("the difference", a - b),
}
seen = []
for weights, (name, value) in expected.items():
    with torch.no_grad():
        blend = compel(f'("a b", "c d").blend({weights})')
    finite = bool(blend.isfinite().all())
    print(f"blend({weights}): " + (f"finite, {name}" if finite else "not finite"))
    assert value is None or torch.allclose(blend, value, atol=1e-3)
    seen.append(finite)
assert seen == [True, False, True, True]
END
