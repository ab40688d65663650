#!/bin/sh
# A scratch of seven pixels is painted over or not at all, depending on where it lies.
#
# diffusers 0.42.1, StableDiffusionInpaintPipeline with a U-Net of four channels. A mask is made eight times smaller
# to be laid over the latents, and one would guess that a latent counts as masked when any of its pixels is, or
# half of them. Its top left pixel decides, the other 63 do not count. A line of seven pixels in a column or row
# of latents that leaves out the first one is no mask, and the latents come back as they were; one of a single
# pixel, the first, is a column of eight. An edge on the left or at the top withdraws by up to seven pixels, one
# on the right or below advances as far.
#
# Seen on 2026-11-30, a picture of 64x64, its columns that are masked and its columns of latents (0 to 7) that change:
#   pixels 16 to 23: latents 2
#   pixels 17 to 23: latents none
#   pixels 16 to 16: latents 2
#   pixels 17 to 24: latents 3
#   pixels 20 to 29: latents 3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 transformers==5.24.0 \
    diffusers==0.42.1 pillow==13.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - 2>/dev/null <<'END'
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
from PIL import Image

torch.manual_seed(0)
vae = AutoencoderKL(
    block_out_channels=(32,) * 4, down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4, latent_channels=4)
unet = UNet2DConditionModel(
    sample_size=8, block_out_channels=(32,), layers_per_block=1, down_block_types=("CrossAttnDownBlock2D",),
    up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
pipe = StableDiffusionInpaintPipeline(vae, None, None, unet, DDIMScheduler(), None, None, requires_safety_checker=False)
picture = Image.linear_gradient("L").resize((64, 64)).convert("RGB")


def paint(*columns):
    mask, words = Image.new("L", (64, 64)), torch.ones(1, 2, 8)
    if columns:
        mask.paste(255, (columns[0], 0, columns[1] + 1, 64))
    return pipe(prompt_embeds=words, negative_prompt_embeds=-words, image=picture, mask_image=mask,
                height=64, width=64, num_inference_steps=3, strength=0.9, output_type="latent",
                generator=torch.Generator().manual_seed(0)).images


untouched, seen = paint(), []
for first, last in ((16, 23), (17, 23), (16, 16), (17, 24), (20, 29)):
    changed = (paint(first, last) != untouched).any(0).any(0).any(0).nonzero().flatten().tolist()
    print(f"pixels {first} to {last}: latents", *(changed or ["none"]))
    seen.append(changed)
assert seen == [[2], [], [2], [3], [3]]
END
