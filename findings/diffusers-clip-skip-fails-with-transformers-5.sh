#!/bin/sh
# clip_skip ends in an error with today's transformers, and never reaches the negative prompt.
#
# diffusers 0.42.1 and 0.36.0, StableDiffusionPipeline. One would guess that clip_skip=1 works with the
# transformers that pip installs beside diffusers, and that both sides of guidance then hear the same layer.
# With transformers 5.24.0 the call ends in an AttributeError: diffusers looks for text_encoder.text_model,
# which is gone; and pip refuses to install diffusers 0.42.1 beside transformers 4.57.6. With diffusers 0.36.0
# and that one the call works, and the negative prompt still passes every layer: guidance leads from one
# layer's vectors to another's, and ε_c − ε_u is not 0 where prompt and negative prompt are the same.
#
# Seen on 2026-11-29, with random weights:
#   transformers 5.24.0: AttributeError: 'CLIPTextModel' object has no attribute 'text_model'
#   transformers 4.57.6: prompt changed True, negative prompt changed False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cd "$folder"
cat > look.py <<'END'
import json
import logging

logging.disable(logging.WARNING)
import torch
import transformers
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

torch.manual_seed(0)
symbols = sorted({"!", "a", "b"}) + ["a</w>", "b</w>", "<|startoftext|>", "<|endoftext|>"]
json.dump({symbol: place for place, symbol in enumerate(symbols)}, open("vocab.json", "w"))
open("merges.txt", "w").write("#version: 0.2\n")
tokenizer = CLIPTokenizer("vocab.json", "merges.txt", model_max_length=8)
text = CLIPTextModel(CLIPTextConfig(
    vocab_size=len(symbols), hidden_size=16, intermediate_size=16, num_hidden_layers=2,
    num_attention_heads=2, max_position_embeddings=8, bos_token_id=5, eos_token_id=6)).eval()
pipe = StableDiffusionPipeline(
    AutoencoderKL(), text, tokenizer,
    UNet2DConditionModel(block_out_channels=(32,), down_block_types=("DownBlock2D",),
                         up_block_types=("UpBlock2D",), cross_attention_dim=16),
    DDIMScheduler(), None, None, requires_safety_checker=False)
settings = dict(device="cpu", num_images_per_prompt=1, do_classifier_free_guidance=True)
whole = pipe.encode_prompt("a", negative_prompt="b", **settings)
name = f"transformers {transformers.__version__}"
try:
    skipped = pipe.encode_prompt("a", negative_prompt="b", clip_skip=1, **settings)
except AttributeError as error:
    print(f"{name}: AttributeError: {error}")
    assert transformers.__version__.startswith("5.")
else:
    changed = [not torch.equal(one, other) for one, other in zip(whole, skipped)]
    print(f"{name}: prompt changed {changed[0]}, negative prompt changed {changed[1]}")
    assert changed == [True, False]
    assert transformers.__version__.startswith("4.")
END
for libraries in "diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0" \
    "diffusers==0.36.0 transformers==4.57.6 accelerate==1.10.1"; do
    # Several words, one for each package.
    "$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 $libraries
    OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore look.py
done
