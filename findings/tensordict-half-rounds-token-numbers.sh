#!/bin/sh
# A batch in half precision has other words.
#
# tensordict 0.15.3. `.half()` and `.to(torch.float16)` of a torch module turn what is floating and leave whole numbers
# alone, and one would guess that those of a TensorDict do the same: its keys are the inputs of one network, latents
# beside token numbers, timesteps and masks. Everything is turned. Above 2048 half precision has every second number
# only, above 32768 every thirty-second: CLIP's end of text, 49407, and its beginning, 49406, both become 49408,
# which is beyond CLIP's vocabulary, and words become others as soon as they are made whole numbers again for the
# embedding. bfloat16 does so above 256, and with timesteps too.
#
# Seen on 2026-11-30:
#   half(): words [49406, 320, 6531, 10789, 49407] become [49408, 320, 6532, 10792, 49408],
#     timestep 501 becomes 501, the mask is torch.float16
#   to(torch.bfloat16): words [49406, 320, 6531, 10789, 49407] become [49408, 320, 6528, 10816, 49408],
#     timestep 501 becomes 500, the mask is torch.bfloat16
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 tensordict==0.15.3
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import torch
from tensordict import TensorDict

words = [49406, 320, 6531, 10789, 49407]
batch = TensorDict({"latents": torch.zeros(1, 4, 8, 8), "words": torch.tensor([words]),
                    "timestep": torch.tensor([501]), "mask": torch.tensor([True])}, [1])
seen = {}
for name, turned in (("half()", batch.half()), ("to(torch.bfloat16)", batch.to(torch.bfloat16))):
    seen[name] = turned["words"].long()[0].tolist(), turned["timestep"].long().item()
    print(f"{name}: words {words} become {seen[name][0]}, timestep 501 becomes {seen[name][1]}, "
          f"the mask is {turned['mask'].dtype}")
    assert all(value.is_floating_point() for value in turned.values())
module = torch.nn.Module()
module.register_buffer("words", torch.tensor([words]))
assert module.half().words.dtype == torch.int64
assert seen["half()"][0][0] == seen["half()"][0][-1] == 49408 and seen["to(torch.bfloat16)"][1] != 501
END
