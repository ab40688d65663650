#!/bin/sh
# A learned word of several vectors is found inside other words, and tears them apart.
#
# diffusers 0.42.1 with transformers 5.24.0. load_textual_inversion adds a word to the tokenizer,
# and its further vectors as word_1, word_2; in a prompt the word is replaced by all of them. One would guess
# that the word by itself is meant. Both steps look for its letters anywhere: with a word "xy", "foxy"
# is f, o and the whole learned thing, "xyz" is it and a z. Of capitals the two think differently: "XY"
# becomes the first of its vectors and not the second. Only a name that is part of no other word is safe.
#
# Seen on 2026-11-29, the tokens of a prompt, with the word "xy" of two vectors:
#   a xy: a</w> xy xy_1
#   a foxy: a</w> f o</w> xy xy_1
#   a xyz: a</w> xy xy_1 z</w>
#   a XY: a</w> xy
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import json
import logging

logging.disable(logging.WARNING)
from diffusers.loaders import TextualInversionLoaderMixin
from transformers import CLIPTokenizer

letters = [chr(97 + i) for i in range(26)]
names = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
with open("vocab.json", "w") as file:
    json.dump({name: i for i, name in enumerate(names)}, file)
with open("merges.txt", "w") as file:
    file.write("#version: 0.2\n")


def tokens(prompt, words):
    tokenizer = CLIPTokenizer.from_pretrained(".")
    tokenizer.add_tokens(words)
    prompt = TextualInversionLoaderMixin().maybe_convert_prompt(prompt, tokenizer)
    return " ".join(tokenizer.tokenize(prompt))


seen = []
for prompt in ("a xy", "a foxy", "a xyz", "a XY"):
    seen.append(tokens(prompt, ["xy", "xy_1"]))
    print(f"{prompt}: {seen[-1]}")
assert seen == ["a</w> xy xy_1", "a</w> f o</w> xy xy_1", "a</w> xy xy_1 z</w>", "a</w> xy"]
END
