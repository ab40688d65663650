#!/bin/sh
# Of four small types numpy saves two as bytes without a name, and one as a file that it cannot open.
#
# numpy 2.4.6, ml_dtypes 0.6.0, whose bfloat16 and eight bits are JAX's and Keras's. One would guess that numpy.save
# either refuses a type that is not its own or writes its name. It writes all without a word, and what is in the
# file depends on the type: bfloat16 and float8_e4m3fn open as two and one raw bytes, with which nothing can be
# computed before `.view` of the right type, that the file does not name (int4 and float8_e4m3fnuz look the same);
# float8_e5m2 is called "<f1", which numpy.load takes for an error. Latents and weights that were kept so can be had
# back only by one who remembers what they were.
#
# Seen on 2026-11-30, the number 1.5 saved and loaded:
#   bfloat16: |V2, bytes c03f
#   float8_e4m3fn: |V1, bytes 3c
#   float8_e4m3fnuz: |V1, bytes 44
#   float8_e5m2: ValueError: descr is not a valid dtype descriptor: '<f1'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 ml_dtypes==0.6.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'END'
import ml_dtypes
import numpy

seen = {}
for name in ("bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2"):
    kind = getattr(ml_dtypes, name)
    numpy.save("one.npy", numpy.array([1.5], kind))
    try:
        opened = numpy.load("one.npy")
        seen[name] = f"{opened.dtype}, bytes {opened.tobytes().hex()}"
        assert opened.view(kind)[0] == 1.5
    except ValueError as error:
        seen[name] = f"{type(error).__name__}: {error}"
    print(f"{name}: {seen[name]}")
assert seen["bfloat16"].startswith("|V2") and seen["float8_e4m3fn"].startswith("|V1")
assert seen["float8_e4m3fnuz"].startswith("|V1") and seen["float8_e5m2"].startswith("ValueError")
END
