#!/bin/sh
# A learned word gets another id than the one that its file states.
#
# transformers 5.24.0, CLIPTokenizer. `tokenizer/added_tokens.json` of folders from 2022 and 2023 says
# {"<cat>": 60}, and one would guess that "<cat>" is token 60. It is, where 60 follows the vocabulary
# without a gap; after a gap it is silently the next free id, 54 here, and the text encoder's row 60, which
# was trained, is never looked at. Where tokenizer_config.json holds an `added_tokens_decoder`, the file is
# not read at all, and the word is cut into letters. No warning in either case.
#
# Seen on 2026-11-28 (a vocabulary of 54 tokens):
#   stated 54: id 54, tokens [52, 54, 53]
#   stated 60: id 54, tokens [52, 54, 53]
#   stated 54, with added_tokens_decoder: id 53, tokens [52, 53, 2, 0, 45, 53, 53]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'END'
import json
import os

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers import CLIPTokenizer

LETTERS = [chr(c) for c in range(97, 123)]
MARKS = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
         "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}


def see(name, stated, decoder=None):
    os.mkdir(name)
    tokens = LETTERS + [letter + "</w>" for letter in LETTERS] + ["<|startoftext|>", "<|endoftext|>"]
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **MARKS}
    if decoder:
        config["added_tokens_decoder"] = decoder
    for file, value in (("vocab.json", {t: i for i, t in enumerate(tokens)}),
                        ("tokenizer_config.json", config), ("added_tokens.json", {"<cat>": stated})):
        with open(f"{name}/{file}", "w") as out:
            json.dump(value, out)
    with open(f"{name}/merges.txt", "w") as out:
        out.write("#version: 0.2\n")
    tokenizer = CLIPTokenizer.from_pretrained(name)
    seen = tokenizer.convert_tokens_to_ids("<cat>"), tokenizer("<cat>").input_ids
    print(f"stated {stated}{', with added_tokens_decoder' if decoder else ''}: id {seen[0]}, tokens {seen[1]}")
    return seen


def mark(text):
    return {"content": text, "special": True, "lstrip": False, "rstrip": False, "normalized": False,
            "single_word": False}


assert see("next", 54) == (54, [52, 54, 53])
assert see("gap", 60) == (54, [52, 54, 53])
decoder = {"52": mark("<|startoftext|>"), "53": mark("<|endoftext|>")}
assert see("decoder", 54, decoder) == (53, [52, 53, 2, 0, 45, 53, 53])
END
