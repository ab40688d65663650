#!/bin/sh
# A LoKr of two whole matrices is added in full by one library and at a five-hundredth by the other.
#
# lycoris-lora 4.1.3, peft 0.21.2. A LoKr's change is a Kronecker product, and where the rank is too large for
# splitting, its matrices are whole; a rank like 1000 is the usual way to ask for that. One would guess that both
# libraries scale it by alpha / rank, or that neither does. lycoris sets the scale to 1 and writes alpha = rank into
# the file, whatever alpha was asked for; peft makes matrices of the same shapes and scales by alpha / rank,
# though there is no such rank. The same settings train and draw with strengths that far apart.
#
# Seen on 2026-11-29, a layer of 64 by 64, alpha 2, the change as a multiple of the Kronecker product:
#   rank 16: lycoris 1 (file says alpha 16), peft 0.125; both of 8×8 and 8×8
#   rank 1000: lycoris 1 (file says alpha 1000), peft 0.002; both of 8×8 and 8×8
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 peft==0.21.2 transformers==5.24.0 \
  lycoris-lora==4.1.3
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END' 2>/dev/null
import logging

import torch
from lycoris import LycorisNetwork, create_lycoris
from peft import LoKrConfig, get_peft_model

logging.disable(logging.CRITICAL)
torch.manual_seed(0)
LycorisNetwork.apply_preset({"target_name": [".*"], "target_module": ["Linear"]})


def layer():
    return torch.nn.Sequential(torch.nn.Linear(64, 64, bias=False))


def of_lycoris(rank):
    network = layer()
    added = create_lycoris(network, 1.0, algo="lokr", linear_dim=rank, linear_alpha=2.0)
    added.apply_to()
    for parameter in added.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    state = {name.split(".")[-1]: tensor for name, tensor in added.state_dict().items()}
    change = network(torch.eye(64)).T - network[0].weight
    return change, state["lokr_w1"], state["lokr_w2"], float(state["alpha"])


def of_peft(rank):
    config = LoKrConfig(r=rank, alpha=2.0, target_modules=["0"], init_weights=False)
    adapted = get_peft_model(layer(), config).base_model.model[0]
    return adapted.get_delta_weight("default"), adapted.lokr_w1["default"], adapted.lokr_w2["default"]


for rank in (16, 1000):
    (change, *both, alpha), (other, *others) = of_lycoris(rank), of_peft(rank)
    scale = float(change.norm() / torch.kron(*both).norm())
    other_scale = float(other.norm() / torch.kron(*others).norm())
    shapes = [[tuple(matrix.shape) for matrix in two] for two in (both, others)]
    first = f"lycoris {scale:.3g} (file says alpha {alpha:g})"
    print(f"rank {rank}: {first}, peft {other_scale:.3g}; both of 8×8 and 8×8")
    assert shapes == [[(8, 8)] * 2] * 2 and alpha == rank
    assert abs(scale - 1) < 1e-3 and abs(other_scale * rank / 2 - 1) < 1e-3
END
