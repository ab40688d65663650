#!/bin/sh
# A function clone for arch=haswell runs on Haswell processors only, not on those that can do as much.
#
# clang 21 (ziglang 0.16.0). target_clones lets the compiler make one function in several versions, and the
# program choose the best at its start. One would guess that "arch=haswell" is chosen wherever the
# processor has what a Haswell has (AVX2, FMA), as -march=haswell code runs there. But the choice asks which
# processor it is: on any other, an AMD or a later Intel without AVX-512, the default version for all of
# x86-64 runs, without a word, and several times slower. "arch=x86-64-v3" names the same instructions and is
# chosen by what the processor can do. (zig compiles for the machine at hand unless told baseline; the question
# which processor it is, is answered by gcc's runtime library, as for clang on Linux.)
#
# Seen on 2026-11-28 on a processor with AVX2 and FMA that is no Haswell. (1 + e)² − (1 + 2e), e = 2^-12, is
# e² where product and sum are fused and 0 where they are not:
#   arch=haswell: plain
#   arch=x86-64-v3: fused
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ziglang==0.16.0
cd "$folder"
grep -q ' avx2 ' /proc/cpuinfo && grep -q ' fma ' /proc/cpuinfo || { echo "needs a processor with AVX2 and FMA"; exit 1; }
cat > clones.c <<'END'
#include <stdio.h>
__attribute__((target_clones("arch=haswell", "default")))
float processor(float a, float b, float c) { return a * b + c; }
__attribute__((target_clones("arch=x86-64-v3", "default")))
float level(float a, float b, float c) { return a * b + c; }
int main(void) {
  volatile float e = 0x1p-12f;
  printf("arch=haswell: %s\n", processor(1 + e, 1 + e, -1 - 2 * e) > 0 ? "fused" : "plain");
  printf("arch=x86-64-v3: %s\n", level(1 + e, 1 + e, -1 - 2 * e) > 0 ? "fused" : "plain");
  printf("is a haswell: %d\n", __builtin_cpu_is("haswell") ? 1 : 0);
}
END
XDG_CACHE_HOME="$folder" ZIG_GLOBAL_CACHE_DIR="$folder/zig" "$folder/venv/bin/python" -m ziglang cc -mcpu=baseline -O2 -ffp-contract=on clones.c "$(gcc -print-libgcc-file-name)" -o clones
./clones | tee seen
if grep -q 'is a haswell: 1' seen; then
  expected="fused fused"
else
  expected="plain fused"
fi
test "$(sed -n 's/^arch=.*: //p' seen | tr '\n' ' ')" = "$expected "
