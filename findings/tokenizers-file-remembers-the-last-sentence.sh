#!/bin/sh
# How many words a saved tokenizer reads depends on the last sentence it was shown.
#
# transformers 5.24.0 and tokenizers 0.23.3. padding= and truncation= are arguments of one call of CLIPTokenizer,
# and one would guess that a tokenizer.json saved later holds what the tokenizer is, not what it was last asked for. The
# call sets them in the tokenizer below, where they stay, and save_pretrained writes them: the same folder
# has "max_length": 77 and padding, 8 and none, or neither. transformers itself ignores the entries when it opens the
# file; tokenizers, with which other programs open it, cuts and pads by them.
#
# Seen on 2026-11-30, a prompt of eleven words with its two marks, read by tokenizers and by transformers:
#   saved after a call with neither: 13 and 13
#   saved after a call with padding=max_length, max_length=77, truncation=True: 77 and 13
#   saved after a call with max_length=8, truncation=True: 8 and 13
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 transformers==5.24.0 tokenizers==0.23.3
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import json
import os

from tokenizers import Tokenizer
from transformers import CLIPTokenizer

letters = [chr(c) for c in range(97, 123)]
tokens = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
marks = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>",
         "pad_token": "<|endoftext|>"}
os.makedirs("tokenizer", exist_ok=True)
for name, content in {
    "vocab.json": json.dumps({token: number for number, token in enumerate(tokens)}),
    "merges.txt": "#version: 0.2\n",
    "tokenizer_config.json": json.dumps(
        {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **marks}),
}.items():
    with open("tokenizer/" + name, "w") as file:
        file.write(content)
prompt = "a b c d e f g h i j k"
seen = []
for call in ({}, {"padding": "max_length", "max_length": 77, "truncation": True},
             {"max_length": 8, "truncation": True}):
    tokenizer = CLIPTokenizer.from_pretrained("tokenizer")
    tokenizer("a b c", **call)
    tokenizer.save_pretrained("saved")
    seen.append((len(Tokenizer.from_file("saved/tokenizer.json").encode(prompt).ids),
                 len(CLIPTokenizer.from_pretrained("saved")(prompt).input_ids)))
    print("saved after a call with {}: {} and {}".format(
        ", ".join(f"{name}={value}" for name, value in call.items()) or "neither", *seen[-1]))
assert seen == [(13, 13), (77, 13), (8, 13)]
END
