#!/bin/sh
# Zero terminal SNR is lost without a word when the sampler is changed.
#
# diffusers 0.42.1. One would guess that a sampler made from_config of a DDIM scheduler walks the same
# noise schedule. LMS, Heun and PNDM have no `rescale_betas_zero_snr`: they drop it, in silence, and walk
# the schedule that still has signal at its end (alpha-bar 0.0047 instead of 0), though the model was
# trained on the other. Euler and UniPC keep it, but end just above zero (2 to the power -24).
#
# Seen on 2026-11-28, the last alpha-bar:
#   DDIMScheduler 0
#   EulerDiscreteScheduler 5.96e-08
#   UniPCMultistepScheduler 5.96e-08
#   LMSDiscreteScheduler 0.00466
#   HeunDiscreteScheduler 0.00466
#   PNDMScheduler 0.00466
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging

logging.disable(logging.WARNING)
import diffusers

diffusers.DDIMScheduler(
    beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
    prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing",
).save_pretrained("scheduler")
loaded = diffusers.DDIMScheduler.from_pretrained("scheduler")
seen = {}
for name in ("DDIM", "EulerDiscrete", "UniPCMultistep", "LMSDiscrete", "HeunDiscrete", "PNDM"):
    kind = getattr(diffusers, name + "Scheduler")
    seen[name] = float(kind.from_config(loaded.config).alphas_cumprod[-1])
    print(kind.__name__, f"{seen[name]:.3g}")
assert seen["DDIM"] == 0 and seen["EulerDiscrete"] == seen["UniPCMultistep"] == 2**-24
assert all(abs(seen[n] - 0.00466) < 1e-5 for n in ("LMSDiscrete", "HeunDiscrete", "PNDM"))
END
