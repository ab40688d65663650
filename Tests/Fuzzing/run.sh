#!/bin/sh
# The readers of files that nobody vouches for, under libFuzzer of the toolchain's clang.
#
#     sh Tests/Fuzzing/run.sh [INPUTS] [READER...]
#
# Builds them with coverage instrumentation in a place of its own, .build/fuzzing, and reads INPUTS files
# (100000) with each READER (all), one process, at the lowest priority. What is found stays in
# .build/fuzzing/found. `sh Tests/Fuzzing/run.sh merge` keeps in Tests/Fuzzing/corpus only what reaches
# code that the fixtures do not, at most 200 bytes each.
set -e
cd "$(dirname "$0")/../.."
export FUZZING=1
place=.build/fuzzing
swift build -c release --product fuzz-readers --scratch-path $place \
  -Xswiftc -sanitize=fuzzer -Xcc -fsanitize=fuzzer-no-link -Xswiftc -use-ld=lld >&2
run() { nice -n 19 $place/release/fuzz-readers "$@"; }

# What each reader begins with: good files of fixtures.
seeds() {
  golden=fixtures/golden
  case $1 in
    weights) find $golden/torch-files $golden/torch-types $golden/weight-files $golden/learned-words \
      -type f -size -8k ;;
    lora) find $golden/lora -name '*.safetensors' -size -8k ;;
    word) find $golden/learned-words -type f ;;
    json) find fixtures/model $golden/lora -name '*config*.json' -size -8k ;;
    picture) find $golden/pictures -type f ;;
  esac
}

inputs=100000
merge=
case ${1:-} in
  merge) merge=1; shift ;;
  [0-9]*) inputs=$1; shift ;;
esac
for reader in ${*:-weights lora word json tokenizer picture}; do
  work=$place/corpus/$reader
  mkdir -p $work $place/seeds/$reader $place/found Tests/Fuzzing/corpus/$reader
  for file in $(seeds $reader); do
    cp "$file" "$place/seeds/$reader/$(echo "$file" | tr / -)"
  done
  if [ -n "$merge" ]; then
    run $reader -merge=1 -max_len=200 Tests/Fuzzing/corpus/$reader $place/seeds/$reader $work
    continue
  fi
  run $reader -runs="$inputs" -max_len=16384 -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=512 \
    -dict=Tests/Fuzzing/tokens.dict -artifact_prefix=$place/found/$reader- -print_final_stats=1 \
    $work Tests/Fuzzing/corpus/$reader $place/seeds/$reader
done
