#!/bin/sh
# A picture called steam_train_1.png makes a data set forget all others.
#
# datasets 5.2.0. load_dataset("imagefolder", data_dir=...) is the way to a folder of pictures, and one
# would guess that it holds every picture of the folder. Names with a part like "train", "test", "dev" or "eval"
# are taken to say which split a picture is of, and as soon as one does, the pictures that say nothing are
# left out, without a word: a folder of boats and one steam train is a training set of one. So is a folder
# of classes of which one is called "train".
#
# Seen on 2026-11-29:
#   boat.png house.png tree.png: train 3
#   boat.png house.png steam_train_1.png: train 1
#   boat.png house.png driving-test.png: test 1
#   boat/1.png boat/2.png train/1.png: train 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet datasets==5.2.0 numpy==2.4.6 pillow==13.0.0
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" -W ignore - <<'END'
import logging
import pathlib

import datasets
import numpy as np
from PIL import Image

datasets.disable_progress_bars()
folders, seen = (
    ("boat.png", "house.png", "tree.png"), ("boat.png", "house.png", "steam_train_1.png"),
    ("boat.png", "house.png", "driving-test.png"), ("boat/1.png", "boat/2.png", "train/1.png")), []
for number, names in enumerate(folders):
    for name in names:
        path = pathlib.Path(str(number), name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(path)
    made = datasets.load_dataset("imagefolder", data_dir=str(number), cache_dir="cache")
    seen.append({split: len(pictures) for split, pictures in made.items()})
    print(" ".join(names) + ": " + ", ".join(f"{split} {count}" for split, count in seen[-1].items()))
assert seen == [{"train": 3}, {"train": 1}, {"test": 1}, {"train": 1}]
END
