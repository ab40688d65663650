#!/bin/sh
# The names in a text encoder's file depend on where the encoder came from.
#
# transformers 5.24.0 and 4.57.6. One would guess that CLIPTextModel writes its tensors under the same names
# always. transformers 5 has dropped the "text_model." before each: an encoder that was made anew is saved
# without it, one that was opened from an older file is saved with it, by the same version. transformers 4
# opens the former with a warning and random numbers in every layer, so that a folder made with the new
# version has a picture that knows nothing of its prompt with the old one.
#
# Seen on 2026-11-29:
#   made: embeddings.position_embedding.weight
#   opened from names with text_model. and saved: text_model.embeddings.position_embedding.weight
#   transformers 4.57.6 opens made: other numbers
#   transformers 4.57.6 opens saved: the same numbers
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 transformers==5.24.0
"$folder/venv/bin/pip" install --quiet --target "$folder/four" numpy==2.4.6 transformers==4.57.6
cd "$folder"
export OMP_NUM_THREADS=1
"$folder/venv/bin/python" -W ignore - <<'END'
import logging
import os
import shutil

logging.disable(logging.WARNING)
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

CLIPTextModel(CLIPTextConfig(
    vocab_size=60, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    max_position_embeddings=16, bos_token_id=52, eos_token_id=53, pad_token_id=53)).save_pretrained("made")
tensors = load_file("made/model.safetensors")
os.mkdir("older")
save_file({"text_model." + name: tensor for name, tensor in tensors.items()}, "older/model.safetensors",
          metadata={"format": "pt"})
shutil.copy("made/config.json", "older")
CLIPTextModel.from_pretrained("older").save_pretrained("saved")
first = [sorted(load_file(f"{name}/model.safetensors"))[0] for name in ("made", "saved")]
print(f"made: {first[0]}\nopened from names with text_model. and saved: {first[1]}")
assert first[1] == "text_model." + first[0]
END
PYTHONPATH="$folder/four" "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
import transformers
from safetensors.torch import load_file

seen = []
for name in ("made", "saved"):
    stored = next(tensor for key, tensor in load_file(f"{name}/model.safetensors").items()
                  if key.endswith("token_embedding.weight"))
    opened = transformers.CLIPTextModel.from_pretrained(name).get_input_embeddings().weight
    seen.append(torch.equal(stored, opened))
    which = "the same" if seen[-1] else "other"
    print(f"transformers {transformers.__version__} opens {name}: {which} numbers")
assert seen == [False, True]
END
