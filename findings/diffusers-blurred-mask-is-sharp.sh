#!/bin/sh
# Blurring the mask of an inpainting softens nothing: it rounds the corners.
#
# diffusers 0.42.1, StableDiffusionInpaintPipeline. Its mask_processor has a method `blur`, shown in its guide as the
# way to a soft passage between old and new, and one would guess that grey parts of a mask are painted in
# part. The same mask_processor cuts every mask at one half before it is used, with U-Nets of four and of
# nine channels alike: straight edges stay where they were and as hard as they were, corners are cut off, and what
# is painted is to the bit what the hard mask with those corners gives. A mask that is 49 % grey everywhere
# is no mask.
#
# Seen on 2026-11-30, a square of 32x32, blur_factor=6, largest difference of the pictures (0 to 1):
#   U-Net of 4 channels: blurred (214 greys) and cut at one half: 0.00, blurred and not: 0.83
#   U-Net of 9 channels: blurred (214 greys) and cut at one half: 0.00, blurred and not: 0.45
#   grey of 49 % everywhere and no mask: 0.00
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
picture, hard = Image.linear_gradient("L").resize((64, 64)).convert("RGB"), Image.new("L", (64, 64))
hard.paste(255, (16, 16, 48, 48))
seen = []
for channels in (4, 9):
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=channels, out_channels=4, block_out_channels=(32,), layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D",), up_block_types=("CrossAttnUpBlock2D",), cross_attention_dim=8)
    pipe = StableDiffusionInpaintPipeline(
        vae, None, None, unet, DDIMScheduler(), None, None, requires_safety_checker=False)

    def paint(mask):
        words = torch.ones(1, 2, 8)
        return pipe(prompt_embeds=words, negative_prompt_embeds=-words, image=picture, mask_image=mask,
                    height=64, width=64, num_inference_steps=3, strength=0.9, output_type="pt",
                    generator=torch.Generator().manual_seed(0)).images

    def differ(one, other):
        return float((paint(one) - paint(other)).abs().max())

    blurred = pipe.mask_processor.blur(hard, blur_factor=6)
    cut = blurred.point(lambda value: 255 if value > 127 else 0)
    grey, black = (Image.new("L", (64, 64), value) for value in (125, 0))
    seen += [differ(blurred, cut), differ(blurred, hard), differ(grey, black)]
    print(f"U-Net of {channels} channels: blurred ({len(blurred.getcolors())} greys) and cut at one half: "
          f"{seen[-3]:.2f}, blurred and not: {seen[-2]:.2f}")
print(f"grey of 49 % everywhere and no mask: {max(seen[2], seen[5]):.2f}")
assert seen[0] == seen[2] == seen[3] == seen[5] == 0 and seen[1] > 0.01 and seen[4] > 0.01
END
