#!/bin/sh
# An exclamation mark of a Stable Diffusion 2 prompt is padding.
#
# transformers 5.24.0, CLIPTokenizer with pad_token="!", as the tokenizer of Stable Diffusion 2 has it (OpenCLIP
# pads with token 0, which is "!"). One would guess that a padding token is put behind a sequence and looked
# for nowhere. It is a special token, and special tokens are found in the text before anything else: "a!"
# becomes a and the padding, whereas with the padding of Stable Diffusion 1 it becomes a and "!" at the end of
# a word, another token with another vector.
#
# Seen on 2026-11-29:
#   padded with <|endoftext|>: [5, 3, 2, 6, 6, 6]
#   padded with !: [5, 3, 0, 6, 0, 0]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'END'
import json
import logging

logging.disable(logging.WARNING)
from transformers import CLIPTokenizer

symbols = ["!", "a", "!</w>", "a</w>", "b</w>", "<|startoftext|>", "<|endoftext|>"]
json.dump({symbol: place for place, symbol in enumerate(symbols)}, open("vocab.json", "w"))
open("merges.txt", "w").write("#version: 0.2\n")
seen = []
for padding in ("<|endoftext|>", "!"):
    tokenizer = CLIPTokenizer("vocab.json", "merges.txt", pad_token=padding)
    ids = tokenizer("a!", padding="max_length", max_length=6, truncation=True).input_ids
    print(f"padded with {padding}: {ids}")
    seen.append(ids)
assert seen == [[5, 3, 2, 6, 6, 6], [5, 3, 0, 6, 0, 0]]
END
