#!/bin/sh
# A scheduler names as compatible a class that cannot open its own saved file.
#
# diffusers 0.42.1. `scheduler.compatibles` lists the classes that may take a scheduler's place, and one
# would guess that each of them opens the folder that the scheduler saved. Of the pairs here three do not:
# both DPM-Solver classes read `algorithm_type: deis` out of the file of DEIS and refuse its
# `final_sigmas_type`, and EDMEulerScheduler opens the file of EulerDiscreteScheduler, whose `sigma_min` is
# null, and breaks when timesteps are asked for. From the config in memory all of them work, since what is
# there only by default is then left out; the file states everything.
#
# Seen on 2026-11-28:
#   DEISMultistepScheduler -> DPMSolverMultistepScheduler: in memory works, from its file ValueError
#   DEISMultistepScheduler -> DPMSolverSinglestepScheduler: in memory works, from its file ValueError
#   EulerDiscreteScheduler -> EDMEulerScheduler: in memory works, from its file TypeError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet "torch==2.13.0+cpu" numpy==2.4.6 diffusers==0.42.1 transformers==5.24.0 accelerate==1.15.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'END'
import diffusers

diffusers.logging.set_verbosity_error()
PAIRS = [("DEISMultistepScheduler", "DPMSolverMultistepScheduler"),
         ("DEISMultistepScheduler", "DPMSolverSinglestepScheduler"),
         ("EulerDiscreteScheduler", "EDMEulerScheduler")]


def outcome(make):
    try:
        make().set_timesteps(10)
        return "works"
    except (TypeError, ValueError) as error:
        return type(error).__name__


seen = []
for name, other in PAIRS:
    scheduler, taken = getattr(diffusers, name)(), getattr(diffusers, other)
    assert taken in scheduler.compatibles
    scheduler.save_pretrained(name)
    pair = outcome(lambda: taken.from_config(scheduler.config)), outcome(lambda: taken.from_pretrained(name))
    print(f"{name} -> {other}: in memory {pair[0]}, from its file {pair[1]}")
    seen.append(pair)

assert seen == [("works", "ValueError"), ("works", "ValueError"), ("works", "TypeError")], seen
END
