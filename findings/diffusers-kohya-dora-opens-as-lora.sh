#!/bin/sh
# A DoRA of the kohya form is drawn as the LoRA that it is not.
#
# diffusers 0.42.1, peft 0.21.2. A DoRA states its two matrices and a length for every output, and one would
# guess that it is opened as one, since DoRAs that diffusers saved are, or else refused, as LoHa and LoKr are. The
# lengths (`dora_scale`) are taken out, with a warning that says "not compatible" and that keys are filtered out, and
# the matrices are loaded by themselves: what was trained to be divided by the length of the sum comes at its full
# strength. The code that would translate the lengths to peft's form is there and is not reached.
#
# Seen on 2026-11-29, a layer whose trained lengths are a half of the sum's, its weight's size as a multiple of the trained:
#   saved by diffusers: DoRA True, 1.00
#   of the kohya form: DoRA False, 2.00
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 peft==0.21.2
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel


def made():
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=(32, 32), layers_per_block=1, norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), cross_attention_dim=32,
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), attention_head_dim=2,
    )
    return StableDiffusionPipeline(
        AutoencoderKL(block_out_channels=(8,), norm_num_groups=8), None, None, unet, DDIMScheduler(), None, None,
        requires_safety_checker=False)


name = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
weight = made().unet.get_submodule(name).weight.detach()
torch.manual_seed(1)
down, up = torch.randn(4, 32), torch.randn(32, 4)
length = (weight + up @ down).norm(dim=1) / 2
trained = (weight + up @ down) / 2
kohya = "lora_unet_" + name.replace(".", "_")
files = {
    "saved by diffusers": {
        f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up,
        f"unet.{name}.lora_magnitude_vector": length,
    },
    "of the kohya form": {
        f"{kohya}.lora_down.weight": down, f"{kohya}.lora_up.weight": up, f"{kohya}.alpha": torch.tensor(4.0),
        f"{kohya}.dora_scale": length[:, None],
    },
}
seen = {}
for kind, file in files.items():
    pipeline = made()
    pipeline.load_lora_weights(file, adapter_name="one")
    with torch.no_grad():
        layer = pipeline.unet.get_submodule(name)
        opened = layer(torch.eye(32)).T
    seen[kind] = pipeline.unet.peft_config["one"].use_dora, float(opened.norm() / trained.norm())
    print(f"{kind}: DoRA {seen[kind][0]}, {seen[kind][1]:.2f}")
    if kind == "saved by diffusers":
        assert torch.allclose(opened, trained, atol=1e-4)
assert seen["of the kohya form"][0] is False and abs(seen["of the kohya form"][1] - 2) < 1e-3
END
