#!/bin/sh
# Builds one DocC archive of all foundations, out of the modules that a build has left.
#
#     sh Sources/System/docs.sh BUILD OUTPUT
#
# A foundation is shown as far as it is public, or, where only this package sees it, as far as the
# package does. Each declaration that is shown must have a doc comment, the Swift code of each guide
# must compile, and docc must have nothing to warn of.
set -eu

build=$1
output=$2
parts=$output/parts
# As the build called it, which makes it of the folder's name by rules of its own.
package=$(sed -n '/"-module-name","Diagnostics"/s/.*"-package-name","\([^"]*\)".*/\1/p' "$build.yaml" | head -n 1)
triple=$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -n 1)

# Where the C modules are that the foundations import.
modules="-I $build/Modules"
for folder in Sources/System/*/; do
  name=$(basename "$folder")
  for map in "$folder" "$build/$name.build"; do
    [ ! -f "$map/module.modulemap" ] || modules="$modules -I $map"
  done
done

rm -rf "$output"
failed=""
for folder in Sources/Foundations/*; do
  name=${folder##*/}
  access=public
  fault=""
  grep -rqE '^ *public ' "$folder" || access=package
  mkdir -p "$parts/$name"
  # shellcheck disable=SC2086 # a list of options
  swift-symbolgraph-extract -module-name "$name" $modules -target "$triple" -pretty-print \
    -minimum-access-level $access -emit-extension-block-symbols -skip-synthesized-members \
    -output-dir "$parts/$name"
  awk -f Sources/System/lint-docs.awk "$parts/$name"/*.json >&2 || fault=yes
  awk '/^```$/ { on = 0 } on; /^```swift$/ { on = 1 }' "$folder/$name.docc/$name.md" \
    >"$parts/main.swift"
  # shellcheck disable=SC2086
  swiftc -typecheck -swift-version 6 -warnings-as-errors -package-name "$package" $modules \
    "$parts/main.swift" || fault=yes
  docc convert "$folder/$name.docc" --additional-symbol-graph-dir "$parts/$name" \
    --fallback-display-name "$name" --fallback-bundle-identifier "$name" \
    --fallback-default-module-kind Foundation --warnings-as-errors \
    --output-path "$parts/$name.doccarchive" >"$parts/docc.txt" || fault=yes
  sed '/^ *$/d' "$parts/docc.txt" >&2
  [ -z "$fault" ] || failed="$failed $name"
done
[ -z "$failed" ] || { echo "The documentation has faults, see above:$failed" >&2; exit 1; }

docc merge "$parts"/*.doccarchive --synthesized-landing-page-name "Diffusion inspector" \
  --synthesized-landing-page-kind Foundations --synthesized-landing-page-topics-style list \
  --output-path "$output/foundations.doccarchive"
rm -rf "$parts"
cat <<END
Documentation: $output/foundations.doccarchive
Any web server shows it, at /documentation:
  python3 -m http.server --directory $output/foundations.doccarchive
END
