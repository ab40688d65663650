# Names the declarations of symbol graphs that have no doc comment.
#
#     awk -f Sources/System/lint-docs.awk Tensors.symbols.json …
#
# Reads what `swift-symbolgraph-extract -pretty-print` writes: two spaces per level, so that a symbol
# begins and ends at four, and its own keys stand at six. Ends with status 1 when there is one, and
# when there is no declaration at all.

/^    \{/ { isDocumented = 0; name = place = "" }
# An extension stands there only to hold what it adds.
/^      "docComment"/ || /^        "identifier": "swift.extension"/ { isDocumented = 1 }
/^      "(pathComponents|location)"/ { key = $1 }
key ~ /pathComponents/ && /^        "/ { name = name (name == "" ? "" : ".") text($0) }
key ~ /location/ && /^        "uri"/ { place = text($2); sub(/.*\/Sources\//, "Sources/", place) }
key ~ /location/ && /^          "line"/ { place = place ":" ($2 + 1) }
/^      [\]}]/ { key = "" }
# What has no place was made by the compiler.
/^    \}/ && place != "" { count++ }
/^    \}/ && place != "" && !isDocumented {
  print place ": " name " has no doc comment"
  failed = 1
}

END {
  if (count == 0) print "no declarations in " ARGV[1]
  exit failed || count == 0
}

function text(quoted) {
  gsub(/^ *"(file:\/\/)?|",?$/, "", quoted)
  return quoted
}
