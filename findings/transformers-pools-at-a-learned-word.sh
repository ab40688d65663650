#!/bin/sh
# With a learned word in it a prompt is summed up by that word.
#
# transformers 5.24.0. The pooled output of CLIP's text encoder is the state at the end-of-text token, and
# one would guess that words before it do not move the place. In configs that say `eos_token_id: 2`, as those
# of the first CLIP and of Stable Diffusion v1 do (though that token is 49407), the place is that of the
# largest id. Words added by textual inversion have larger ids: the pooled output is taken there, and all
# that follows the word is not in it, as the attention looks back only. With the right id in the config
# it is taken at the end.
#
# Seen on 2026-11-29, start 52, end 53, a learned word 60 in third place of five:
#   eos_token_id 53: pooled at place 5
#   eos_token_id 2: pooled at place 3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 transformers==5.24.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from transformers import CLIPTextConfig, CLIPTextModel

tokens, seen = torch.tensor([[52, 1, 60, 3, 53, 53, 53]]), []
for end in (53, 2):
    torch.manual_seed(0)
    encoder = CLIPTextModel(CLIPTextConfig(
        vocab_size=54, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=16, bos_token_id=52, eos_token_id=end, pad_token_id=53)).eval()
    encoder.resize_token_embeddings(61)
    with torch.no_grad():
        output = encoder(tokens)
    distance = (output.last_hidden_state[0] - output.pooler_output[0]).abs().sum(-1)
    seen.append(int(distance.argmin()) + 1)
    assert distance.min() == 0
    print(f"eos_token_id {end}: pooled at place {seen[-1]}")
assert seen == [5, 3]
END
