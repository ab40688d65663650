# Compares what each target of Package.swift declares with what its sources import.
#
#     { swift package describe; swift package show-dependencies 2>&1; } |
#       awk -f Sources/System/lint-manifest.awk
#
# The first command describes the targets, the second warns of packages that no target uses.
# A Swift source uses a dependency by importing it, a C source by including one of its headers.
# Prints every difference and ends with status 1 when there is one.

BEGIN {
  # The modules of the toolchain that sources may import; nobody declares them.
  split("Dispatch Foundation Glibc Synchronization Testing", names)
  for (i in names) toolchain[names[i]]
  # Headers of the C library, which a system library may pass on.
  split("ctype errno float inttypes limits math setjmp stdbool stddef stdint stdio stdlib string", names)
  for (i in names) standard[names[i] ".h"]
  attribute = "(@[A-Za-z_]+([(][^)]*[)])?[ \t]+)*"
  access = "((public|package|internal|fileprivate|private)[ \t]+)?"
  kind = "((struct|class|enum|protocol|typealias|func|let|var)[ \t]+)?"
  importing = "^[ \t]*" attribute access "import[ \t]+" kind
  including = "^[ \t]*#[ \t]*include[ \t]*[<\"]"
}

/is not used by any target/ { complain($0) }
/^Targets:/ { inTargets = 1; next }
!inTargets { next }
/^        / { entry($1) }
/^    [^ ]/ {
  section = substr($0, 5)
  sub(/:.*/, "", section)
  if (section == "Name") targets[++count] = target = $2
  if (section == "Path") path[target] = $2
  if (section == "Module type") type[target] = $3
}

END {
  if (count == 0) complain("no targets were described on the standard input")
  for (i = 1; i <= count; i++) findHeaders(targets[i])
  for (i = 1; i <= count; i++) compare(targets[i])
  exit failed
}

function entry(name) {
  if (section == "Sources") sources[target] = sources[target] " " name
  if (section ~ /^(Target|Product) dependencies$/) {
    declared[target, name]
    declarations[target] = declarations[target] " " name
  }
}

# Whose header each name is. A system library's are those that its own header passes on.
function findHeaders(target,    command, file, line) {
  command = "ls " path[target] "/*.h " path[target] "/include/*.h 2>/dev/null"
  while ((command | getline file) > 0) {
    headers[target] = headers[target] " " file
    if (type[target] == "SystemLibraryTarget") passOn(target, file)
    sub(/.*\//, "", file)
    own(target, file)
  }
  close(command)
}

function passOn(target, file,    line) {
  while ((getline line < file) > 0) if (line ~ including) own(target, headerName(line))
  close(file)
}

function own(target, header) {
  if (header in standard) return
  owns[target, header]
  owner[header] = target
}

function headerName(line) {
  sub(including, "", line)
  sub(/[>"].*/, "", line)
  return line
}

function compare(target,    files, names, i, n) {
  n = split(sources[target], files)
  for (i = 1; i <= n; i++) read(target, path[target] "/" files[i])
  n = split(headers[target], files)
  for (i = 1; i <= n; i++) read(target, files[i])
  n = split(declarations[target], names)
  for (i = 1; i <= n; i++)
    if (!((target, names[i]) in used)) complain(target ": " names[i] " is declared but not used")
}

function read(target, file,    line, header, inText) {
  while ((getline line < file) > 0) {
    # Lines of text may look like imports of another language.
    if (line ~ /"""/) inText = !inText
    if (!inText && file ~ /\.swift$/ && line ~ importing) {
      sub(importing, "", line)
      sub(/[^A-Za-z0-9_].*/, "", line)
      use(target, line, file)
    } else if (file !~ /\.swift$/ && line ~ including) {
      header = headerName(line)
      if (header in owner && !((target, header) in owns)) use(target, owner[header], file)
    }
  }
  close(file)
}

function use(target, module, file) {
  if (module == target || module in toolchain || (target, module) in used) return
  used[target, module]
  if (!((target, module) in declared))
    complain(target ": " module " is used but not declared (" file ")")
}

function complain(message) {
  print "Package.swift: " message
  failed = 1
}
