#!/bin/sh
# "(cat:1.2)" weighs nothing and asks for a number.
#
# compel 2.5.1. Prompts are shared with weights in the form (cat:1.2), and one would guess that a library for
# weighted prompts reads them or refuses them. It reads the brackets, gives what is inside weight 1, and
# hands the encoder the text "cat:1 . 2", cut at the point, number and all. Its own form is (cat)1.2; and
# what another would write for its own sake is a weight there: "C++ book" weighs C by 1.21.
#
# Seen on 2026-11-29:
#   a (cat:1.2) -> 'a cat:1 . 2' 1
#   a (cat)1.2 -> 'a' 1, 'cat' 1.2
#   a [cat] -> 'a [cat]' 1
#   C++ book -> 'C' 1.21, 'book' 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 compel==2.5.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
from compel.prompt_parser import PromptParser

seen = []
for prompt in ("a (cat:1.2)", "a (cat)1.2", "a [cat]", "C++ book"):
    parts = PromptParser().parse_conjunction(prompt).prompts[0].children
    seen.append([(part.text, round(part.weight, 4)) for part in parts])
    print(f"{prompt} -> " + ", ".join(f"{text!r} {weight:g}" for text, weight in seen[-1]))
assert seen[0] == [("a cat:1 . 2", 1)] and seen[1] == [("a", 1), ("cat", 1.2)]
assert seen[2] == [("a [cat]", 1)] and seen[3] == [("C", 1.21), ("book", 1)]
END
