#!/bin/sh
# Every new UUID is the same when the process has no file descriptor left.
#
# Foundation of Swift 6.3.1 on Linux. `UUID()` makes a random identifier and has no way to fail, so one
# would guess that two are never equal. It reads its bytes from a device file: where that cannot be opened,
# because as many files are open as the limit allows, every UUID is 00000000-0000-4000-8000-000000000000,
# without a word. `Int.random` and SystemRandomNumberGenerator, which ask the kernel, stay random. Names of
# temporary files that hold a UUID then collide.
#
# Seen on 2026-11-28:
#   descriptors left: distinct true
#   none left: distinct false, 00000000-0000-4000-8000-000000000000; random numbers distinct true
# Needs swiftc of that version; installs nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
swiftc --version 2>&1 | grep -q "Swift version 6.3.1" || { echo "needs Swift 6.3.1"; exit 1; }
cat > "$folder/main.swift" <<'END'
import Foundation

let (first, second) = (UUID(), UUID())
print("descriptors left: distinct \(first != second)")

while open("/dev/null", O_RDONLY) >= 0 {}
let (third, fourth) = (UUID(), UUID())
let numbers = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))
print(
  "none left: distinct \(third != fourth), \(third); "
    + "random numbers distinct \(numbers.0 != numbers.1)")
END
swiftc -o "$folder/uuid" "$folder/main.swift" 2>/dev/null
(ulimit -n 64; "$folder/uuid") | tee "$folder/seen"
printf '%s\n' "descriptors left: distinct true" \
  "none left: distinct false, 00000000-0000-4000-8000-000000000000; random numbers distinct true" | cmp - "$folder/seen"
