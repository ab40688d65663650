import Checkpoints
import Pages

/// Every tensor with its statistics, by module: each module unfolds.
struct TensorTables {
  let contents: Contents

  /// Tensors of one table, unless they lie in one module.
  private static let most = 40
  /// More rows would make the page slow; all are in tensors.csv.
  private static let mostRows = 4000

  var panel: Custom {
    let entries = contents.entries
    let tree = Module(
      names: entries.map(\.tensor.name), counts: entries.map(\.tensor.elementCount))
    var left = Self.mostRows
    let groups = tree.groups(of: Self.most).map { path, places -> HTML in
      let shown = places.prefix(max(left, 0))
      left -= shown.count
      return html(path, places.map { entries[$0] }, rows: shown.count)
    }
    return Custom(
      markup: """
        <div class="tensors"><p>Mean to max are those of the finite numbers. Everything is in \
        tensors.csv, too.</p>\(groups)</div>
        """, data: "", code: PanelCode(style: Self.style))
  }

  private func html(_ path: String, _ entries: [Contents.Entry], rows: Int) -> HTML {
    let parameters = entries.reduce(0) { $0 + $1.tensor.elementCount }
    let isOdd = entries.contains { ($0.statistics?.notFinite ?? 0) > 0 }
    let mark: HTML = isOdd ? " <em>not finite</em>" : ""
    let body = entries.prefix(rows).map { row($0, within: path) }
    let missing: HTML =
      rows < entries.count
      ? "<p>\(entries.count - rows) of these tensors are in tensors.csv alone.</p>" : ""
    let table: HTML = rows > 0 ? Self.table(body, contents.isMeasured) : ""
    return """
      <details><summary><code>\(path.isEmpty ? "(outermost)" : path)</code> \
      <span>\(TreemapPanel.tensors(entries.count)), \(TreemapPanel.count(parameters)) numbers\(mark)</span></summary>\
      <div class="scroll">\(table)</div>\(missing)</details>
      """
  }

  private static func table(_ rows: [HTML], _ isMeasured: Bool) -> HTML {
    let plain: HTML = "<th scope=col>tensor<th scope=col>shape<th scope=col>type"
    let measured: HTML =
      isMeasured
      ? """
      <th scope=col>mean<th scope=col>deviation<th scope=col>min<th scope=col>max\
      <th scope=col>zeros<th scope=col>not finite
      """ : ""
    return """
      <table class="data"><thead><tr>\(plain)\(measured)</thead><tbody>\(rows)</tbody></table>
      """
  }

  /// End tags are left out, as HTML allows: a thousand rows stay small.
  private func row(_ entry: Contents.Entry, within path: String) -> HTML {
    let name = entry.tensor.name
    let short =
      name.hasPrefix(path) ? name.dropFirst(path.count).drop { "./_".contains($0) } : name[...]
    let shape = entry.tensor.shape.map { $0.map(String.init).joined(separator: "×") } ?? "?"
    let start: HTML =
      "<tr><td><code>\(String(short))</code><td>\(shape.isEmpty ? "–" : shape)<td>\(entry.tensor.type)"
    guard contents.isMeasured else { return start }
    guard let numbers = entry.statistics else {
      return start + "<td class=number colspan=6>blocks of this format are listed, not read"
    }
    func cell(_ value: Double?) -> HTML {
      "<td class=number>\(value.map { NumberFormat.automatic.text($0) } ?? "–")"
    }
    func share(_ count: Int, _ share: Double?) -> HTML {
      "<td class=number>\(count == 0 ? "0" : NumberFormat.percent(1).text(share ?? 0))"
    }
    return start + cell(numbers.mean) + cell(numbers.std) + cell(numbers.min.map(Double.init))
      + cell(numbers.max.map(Double.init)) + share(numbers.zeros, numbers.zeroShare)
      + share(numbers.notFinite, numbers.notFiniteShare)
  }

  private static let style = """
    .tensors details { border-bottom: 1px solid var(--line); }
    .tensors summary { cursor: pointer; padding: 0.3rem 0; overflow-wrap: anywhere; }
    .tensors summary span { color: var(--quiet); font-size: 0.9rem; }
    .tensors em { color: var(--error); font-style: normal; font-weight: 600; }
    .tensors td { white-space: nowrap; } .tensors table { font-size: 0.85rem; }
    """
}
