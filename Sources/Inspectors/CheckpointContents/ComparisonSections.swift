import Checkpoints
import Commands
import Pages

/// What sets two checkpoints apart: in short, by module, tensor by tensor.
struct ComparisonSections {
  let comparison: Comparison

  init(_ comparison: Comparison) { self.comparison = comparison }

  private static let mostShown = 40
  private static let mostPoints = 3000

  /// What is found, for the page and the terminal.
  var facts: [(name: String, value: String)] {
    let names: [(Comparison.Status, String)] = [
      (.same, "equal"), (.changed, "changed"), (.otherShape, "of another shape"),
      (.onlyHere, "only in the first"), (.onlyThere, "only in the second"),
      (.notRead, "not comparable: a format that is not read"),
    ]
    var facts: [(name: String, value: String)] = names.compactMap { status, name in
      let count = comparison.count(status)
      return count > 0 ? (name, TreemapPanel.tensors(count)) : nil
    }
    if let most = comparison.mostChanged.first, let difference = most.difference {
      facts.append(
        (
          "changed the most",
          "\(most.name), by \(NumberFormat.percent(2).text(difference.relative))"
        ))
    }
    return facts
  }

  @SectionBuilder var sections: [Section] {
    Section("What sets the two apart") {
      Text(reading)
      Row(widths: [1, 2]) {
        Table(
          "In short", columns: ["what", "found"],
          rows: facts.map { [.prose(Prose($0.name)), .prose(Prose($0.value))] })
        chart
      }
      modules
      if !comparison.mostChanged.isEmpty { mostChanged }
      for status in [Comparison.Status.onlyHere, .onlyThere, .otherShape] {
        if comparison.count(status) > 0 { list(of: status) }
      }
    }
  }

  private var reading: Prose {
    let matching = comparison.matching
    let prefix =
      matching.prefix.isEmpty
      ? matching.otherPrefix.isEmpty
        ? "" : " Names of the second begin with \(matching.otherPrefix), which is taken off."
      : " Names of the first begin with \(matching.prefix), which is taken off."
    return """
      Compared with \(code: matching.otherPath), number by number, whatever the formats are. Change is \
      \(math: "rms(b − a) / rms(a)"): 0 where nothing moved, 100\u{202F}% where as much was added as \
      was there.\(Prose(prefix)) A fine-tune moves all layers a little, a LoRA that was merged moves its \
      layers alone, a rounding to half precision moves everything by less than 0.1\u{202F}%.
      """
  }

  private var chart: Chart {
    let change = Quantity("δ", "change of a tensor", .error)
    let all = comparison.entries.compactMap(\.difference).enumerated().compactMap {
      place, difference in
      difference.relative > 0 && difference.relative.isFinite
        ? (x: Double(place + 1), y: difference.relative) : nil
    }
    let step = max((all.count + Self.mostPoints - 1) / Self.mostPoints, 1)
    let points = stride(from: 0, to: all.count, by: step).map { all[$0] }
    return Chart(
      "Change along the network", x: .linear("tensor that is in both, in order"),
      y: .log("rms of the change by that of the tensor"),
      curves: [Curve(of: change, x: points.map(\.x), y: points.map(\.y), style: .points)])
  }

  private var modules: Table {
    let modules = comparison.modules
    return Table(
      "By module",
      columns: [
        "module", "compared", "changed", "not in both", "of other shapes", "change", "largest",
      ],
      rows: modules.prefix(Self.mostShown * 2).map { module in
        [
          .prose("\(code: module.path.isEmpty ? "(outermost)" : module.path)"),
          .number(Double(module.compared), .integer), .number(Double(module.changed), .integer),
          .number(Double(module.unpaired), .integer),
          .number(Double(module.incomparable), .integer),
          module.compared == 0 ? .none : .number(module.difference.relative, .percent(3)),
          module.compared == 0 ? .none : .number(Double(module.difference.max)),
        ]
      })
  }

  private var mostChanged: Table {
    Table(
      "Changed the most",
      columns: ["tensor", "formats", "change", "largest", "numbers that differ"],
      rows: comparison.mostChanged.prefix(Self.mostShown).map { entry in
        let difference = entry.difference ?? TensorDifference()
        let types = [entry.one?.type, entry.other?.type].compactMap { $0 }
        return [
          .prose("\(code: entry.name)"),
          .prose(Prose(Set(types).count == 1 ? types[0] : types.joined(separator: " and "))),
          .number(difference.relative, .percent(3)), .number(Double(difference.max)),
          .number(difference.share, .percent(1)),
        ]
      })
  }

  private func list(of status: Comparison.Status) -> Table {
    let entries = comparison.entries.filter { $0.status == status }
    let title: Prose =
      switch status {
      case .onlyHere: "Only in the first: \(entries.count)"
      case .onlyThere: "Only in the second: \(entries.count)"
      default: "Of another shape: \(entries.count)"
      }
    return Table(
      title, columns: ["tensor", "shape in the first", "shape in the second"],
      rows: entries.prefix(Self.mostShown / 2).map { entry in
        [
          .prose("\(code: entry.name)"), Self.shape(entry.one), Self.shape(entry.other),
        ]
      })
  }

  private static func shape(_ tensor: ListedTensor?) -> Table.Cell {
    tensor.map { .prose(Prose($0.shape?.isEmpty == true ? "one number" : $0.shapeText)) } ?? .none
  }
}
