#!/bin/sh
# Whether ’ is an apostrophe depends on the version, and in the older one on another package.
#
# transformers 5.24.0 and 4.57.6, CLIPTokenizer. Telephones and word processors write ’ and “ ” in what becomes a
# prompt. CLIP's own tokenizer mends them by way of ftfy before it looks for words, and one would guess that today's
# does, or that these characters have tokens of their own. Version 4 mends them if ftfy is installed. Version 5
# does not even then: each becomes two tokens that are parts of a character, “it’s” is four tokens
# in place of two, and the same folder draws another picture than it did with version 4 and ftfy.
#
# Seen on 2026-11-30, the tokens of: it’s “red”
#   4.57.6 without ftfy: 585 728 503 338 728 506 736 728 507
#   4.57.6 with ftfy: 585 568 257 736 257
#   5.24.0 with ftfy: 585 728 503 338 728 506 736 728 507
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for name in old new; do
    python3 -m venv "$folder/$name"
done
old/bin/pip install --quiet transformers==4.57.6
new/bin/pip install --quiet transformers==5.24.0
# For its file of CLIP's merges only.
old/bin/pip install --quiet --no-deps --target clip open_clip_torch==3.3.0
cat > look.py <<'END'
import gzip
import json
import sys

from transformers import CLIPTokenizer

with gzip.open("clip/open_clip/bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8") as file:
    merges = [line.rstrip("\n") for line in file][1:48895]
codes = [*range(33, 127), *range(161, 173), *range(174, 256)]
letters = [chr(code) for code in codes] + [chr(256 + n) for n in range(256 - len(codes))]
words = letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges]
words += ["<|startoftext|>", "<|endoftext|>"]
json.dump({word: number for number, word in enumerate(words)}, open("vocab.json", "w"))
open("merges.txt", "w").write("\n".join(["#version: 0.2", *merges, ""]))
names = ("vocab", "merges") if sys.argv[1].startswith("5") else ("vocab_file", "merges_file")
tokenizer = CLIPTokenizer(**dict(zip(names, ("vocab.json", "merges.txt"))))
print(f"{sys.argv[1]}:", *tokenizer("it’s “red”")["input_ids"][1:-1])
END
export PYTHONUTF8=1
old/bin/python -W ignore look.py "4.57.6 without ftfy" 2>/dev/null | tee seen
old/bin/pip install --quiet ftfy==6.3.1
new/bin/pip install --quiet ftfy==6.3.1
old/bin/python -W ignore look.py "4.57.6 with ftfy" 2>/dev/null | tee -a seen
new/bin/python -W ignore look.py "5.24.0 with ftfy" 2>/dev/null | tee -a seen
cut -d: -f2 seen >numbers
test "$(sed -n 1p numbers)" = " 585 728 503 338 728 506 736 728 507"
test "$(sed -n 2p numbers)" = " 585 568 257 736 257"
test "$(sed -n 3p numbers)" = "$(sed -n 1p numbers)"
