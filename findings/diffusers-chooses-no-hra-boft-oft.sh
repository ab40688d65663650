#!/bin/sh
# An adapter that diffusers adds, runs and disables cannot be chosen.
#
# diffusers 0.42.1 with peft 0.21.2. add_adapter takes any configuration of peft that needs no state shared by
# layers, and a U-Net with HRA, BOFT, OFT or FourierFT runs with it at once. set_adapters, which picks
# adapters out of several, then ends in an AttributeError, whatever strength is asked for and with none at all: it
# gives each layer a strength, which layers of these kinds have not, or have a method for that misses its numbers.
# LoHa and LoKr can be chosen. disable_adapters works for all.
#
# Seen on 2026-11-29, a U-Net of two levels, one adapter, set_adapters("one"):
#   HRA: runs with it, set_adapters: 'HRALinear' object has no attribute 'set_scale'
#   BOFT: runs with it, set_adapters: 'Linear' object has no attribute 'scaling'
#   OFT: runs with it, set_adapters: 'Linear' object has no attribute 'scaling'
#   FourierFT: runs with it, set_adapters: 'FourierFTLinear' object has no attribute 'set_scale'
#   LoHa: runs with it, set_adapters: done
#   LoKr: runs with it, set_adapters: done
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 \
  accelerate==1.15.0 peft==0.21.2
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import peft
import torch
from diffusers import UNet2DConditionModel

targets = ["to_q", "to_k", "to_v", "to_out.0"]
kinds = {
    "HRA": peft.HRAConfig(r=4, target_modules=targets, init_weights=False),
    "BOFT": peft.BOFTConfig(boft_block_size=4, target_modules=targets, init_weights=False),
    "OFT": peft.OFTConfig(r=0, oft_block_size=4, target_modules=targets, init_weights=False),
    "FourierFT": peft.FourierFTConfig(n_frequency=50, target_modules=targets, init_weights=False),
    "LoHa": peft.LoHaConfig(r=4, target_modules=targets, init_weights=False),
    "LoKr": peft.LoKrConfig(r=4, target_modules=targets, init_weights=False),
}
for kind, settings in kinds.items():
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(32, 64),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=32, attention_head_dim=8,
        norm_num_groups=8).eval()
    sample, context = torch.randn(1, 4, 8, 8), torch.randn(1, 5, 32)

    def run():
        with torch.no_grad():
            return unet(sample, 10, context).sample

    before = run()
    unet.add_adapter(settings, adapter_name="one")
    assert (run() - before).abs().max() > 1e-3, kind
    try:
        unet.set_adapters("one")
        told = "done"
    except AttributeError as error:
        told = str(error)
    print(f"{kind}: runs with it, set_adapters: {told}")
    assert (told == "done") == (kind in ("LoHa", "LoKr")), kind
    unet.disable_adapters()
    assert torch.equal(run(), before), kind
END
