#!/bin/sh
# With broadcast attention the second picture may begin with the first one's prompt.
#
# diffusers 0.42.1, apply_pyramid_attention_broadcast on the U-Net of a StableDiffusionPipeline. It keeps what attention
# gave and uses it again for the next steps, and one would guess that a pipeline begins anew with every call: others
# with such a cache do. Their networks have a method that forgets it, which the pipeline looks for when it ends; the
# U-Net has not, and the count of steps goes on. Where the number of steps is a multiple of the range, the count
# happens to begin at a step that attends, and pictures repeat; where it is not, the second picture's first
# step is shown the first picture's attention, of another prompt if need be, and no seed repeats it.
#
# Seen on 2026-11-29, cross-attention used twice, then thrice, the same seed and prompt three times, difference from
# the first picture:
#   8 steps, range 2: second 0.00, third 0.00
#   9 steps, range 2: second 2.29, third 0.00
#   9 steps, range 3: second 0.00, third 0.00
#   8 steps, range 3: second 2.46, third 2.82
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.hooks import PyramidAttentionBroadcastConfig, apply_pyramid_attention_broadcast

prompt, negative = torch.randn(2, 1, 5, 32, generator=torch.Generator().manual_seed(1))


def pictures(steps, used):
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=(32, 32), layers_per_block=1, norm_num_groups=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), cross_attention_dim=32,
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), attention_head_dim=2,
    )
    pipeline = StableDiffusionPipeline(
        AutoencoderKL(block_out_channels=(8,), norm_num_groups=8), None, None, unet,
        DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False),
        None, None, requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    apply_pyramid_attention_broadcast(unet, PyramidAttentionBroadcastConfig(
        cross_attention_block_skip_range=used, cross_attention_timestep_skip_range=(-1, 1001),
        cross_attention_block_identifiers=("down_blocks", "mid_block", "up_blocks"),
        current_timestep_callback=lambda: 500,
    ))
    return [pipeline(
        prompt_embeds=prompt, negative_prompt_embeds=negative, num_inference_steps=steps, height=16, width=16,
        output_type="latent", generator=torch.Generator().manual_seed(0),
    ).images for _ in range(3)]


for steps, used in ((8, 2), (9, 2), (9, 3), (8, 3)):
    first, *others = pictures(steps, used)
    second, third = [float((first - other).abs().max()) for other in others]
    print(f"{steps} steps, range {used}: second {second:.2f}, third {third:.2f}")
    assert (second == 0) == (steps % used == 0)
END
