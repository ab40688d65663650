/// Lines of Python that load what a run wrote: its manifest, its tables and its arrays.
package struct PythonCode: Sendable {
  /// The lines, to be pasted anywhere.
  package let text: String

  /// - Parameters:
  ///   - files: what the run wrote, relative to its folder.
  ///   - folder: where they lie.
  package init(reading files: [String], in folder: String) {
    let tables = files.filter { $0.hasSuffix(".csv") }
    let hasArrays = files.contains("tensors.safetensors")
    let imports = [
      "import json", "from pathlib import Path", tables.isEmpty ? nil : "import pandas as pd",
      hasArrays ? "from safetensors.numpy import load_file" : nil,
    ].compactMap(\.self)
    let manifest = "manifest = json.loads((run / \"manifest.json\").read_text(encoding=\"utf-8\"))"
    let reads = zip(Self.names(for: tables), tables).map { name, file in
      "\(name) = pd.read_csv(run / \(Self.literal(file)))"
    }
    let arrays = hasArrays ? ["tensors = load_file(run / \"tensors.safetensors\")"] : []
    let place = "run = Path(\(Self.literal(folder)))  # where this page lies"
    text = (imports + ["", place, manifest] + reads + arrays).joined(separator: "\n")
  }

  /// The lines in a box that can be opened, with what they need.
  var html: HTML {
    let modules = ["pandas", "safetensors"].filter { text.contains($0) }
    let needed: HTML =
      modules.isEmpty
      ? "" : "<p>Needs <code>pip install \(modules.joined(separator: " "))</code>.</p>"
    return """
      <details class="python"><summary>Load this in Python</summary>\(needed)<div class="command">\
      <code data-name="Python">\(text)</code>\
      <button type="button" class="copy" data-copy="\(text)">Copy</button></div></details>
      """
  }

  /// A variable for each file: its own name, as far as Python allows it.
  private static func names(for files: [String]) -> [String] {
    var taken: Set = ["run", "manifest", "tensors", "json", "pd", "Path", "load_file"]
    return files.map { file in
      let stem = file.split(separator: "/").last.map { $0.dropLast(4) } ?? ""
      var name = String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
      if name.first?.isLetter != true || keywords.contains(name) { name = "table_" + name }
      while !taken.insert(name).inserted { name += "_" }
      return name
    }
  }

  private static let keywords: Set = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
  ]

  /// A text as Python writes it.
  private static func literal(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
    return "\"\(escaped)\""
  }
}
