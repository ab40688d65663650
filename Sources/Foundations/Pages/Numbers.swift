/// A number of the current step.
public struct Number: Sendable {
  let quantity: Quantity
  let text: Varying<String>
  let unit: String

  /// A number that may change with the step; the whole series is written in one format.
  /// - Parameters:
  ///   - quantity: what the number is.
  ///   - value: the number, one for each step or one for all.
  ///   - format: how many digits and how.
  ///   - unit: stands behind the number: "ms"; empty for a pure number.
  public init(
    of quantity: Quantity, _ value: Varying<Double>, _ format: NumberFormat = .automatic,
    unit: String = ""
  ) {
    (self.quantity, self.text, self.unit) = (quantity, value.texts(format), unit)
  }

  /// A number that there is not everywhere: a dash stands where it is nil.
  public init(
    of quantity: Quantity, _ value: Varying<Double?>, _ format: NumberFormat, unit: String = ""
  ) {
    let text = value.map { $0.map(format.text) ?? "–" }
    (self.quantity, self.text, self.unit) = (quantity, text, unit)
  }
}

/// The numbers of the current step, one below the other.
public struct Numbers: Panel {
  private let title: Prose
  private let numbers: [Number]

  /// A table with its caption.
  public init(_ title: Prose, _ numbers: [Number]) {
    (self.title, self.numbers) = (title, numbers)
  }

  /// The table: symbol, name, value and unit of each number; values that move go to `rendering`.
  public func html(_ rendering: inout Rendering) -> HTML {
    let rows = numbers.map { number -> HTML in
      let quantity = number.quantity
      return """
        <tr\(quantity.attributes)><th scope="row"><span class="sign">\(quantity.symbol.html(&rendering))</span>\
        <span class="name">\(Prose(words: quantity.name).html(&rendering))</span></th>\
        <td>\(rendering.live(number.text, padding: .before))</td><td class="unit">\(number.unit)</td></tr>
        """
    }
    return """
      <table class="numbers"><caption>\(title.html(&rendering))</caption><tbody>\(rows)</tbody></table>
      """
  }
}

/// A table; with `follows`, each row stands for a position of an axis, the current one is marked,
/// and a click goes there.
public struct Table: Panel {
  /// What stands in one place of a table.
  public enum Cell: Sendable {
    /// Words, also with formulas in them.
    case prose(Prose)
    /// A number that stays, in a format of its own.
    case number(Double, NumberFormat = .automatic)
    /// Where there is no number.
    case none
    /// A text that changes with the step.
    case live(Varying<String>)
  }

  private let title: Prose
  private let columns: [Prose]
  private let rows: [[Cell]]
  private let axis: Axis?

  /// - Precondition: one cell for each column; with `follows`, one row for each position.
  public init(_ title: Prose, columns: [Prose], rows: [[Cell]], follows axis: Axis? = nil) {
    precondition(
      rows.allSatisfy { $0.count == columns.count }, "rows that have not \(columns.count) cells")
    precondition(
      axis.map { $0.count == rows.count } ?? true,
      "\(rows.count) rows follow an axis of \(axis?.count ?? 0) positions")
    (self.title, self.columns, self.rows, self.axis) = (title, columns, rows, axis)
  }

  /// The table, in a box of its own that scrolls sideways on narrow screens.
  public func html(_ rendering: inout Rendering) -> HTML {
    let select: HTML =
      axis.map { " data-selects=\"\(rendering.index(of: $0))\"" } ?? ""
    let head = columns.map { "<th scope=\"col\">\($0.html(&rendering))</th>" as HTML }
    let body = rows.enumerated().map { position, cells -> HTML in
      let mark: HTML = axis == nil ? "" : " data-position=\"\(position)\""
      return "<tr\(mark)>\(cells.map { Self.html($0, &rendering) })</tr>"
    }
    return """
      <div class="scroll"><table class="data"\(select)><caption>\(title.html(&rendering))</caption>\
      <thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>
      """
  }

  /// Words that stay together on a narrow screen, where the table scrolls; longer ones may break.
  private static let mostOnOneLine = 32

  private static func html(_ cell: Cell, _ rendering: inout Rendering) -> HTML {
    switch cell {
    case .prose(let prose):
      prose.plain.count > mostOnOneLine
        ? "<td class=\"long\">\(prose.html(&rendering))</td>"
        : "<td>\(prose.html(&rendering))</td>"
    case .number(let value, let format): "<td class=\"number\">\(format.text(value))</td>"
    case .none: "<td class=\"number\">–</td>"
    case .live(let text): "<td class=\"number\">\(rendering.live(text, padding: .before))</td>"
    }
  }
}

extension Table.Cell: ExpressibleByStringInterpolation, ExpressibleByFloatLiteral {
  /// A cell with the program's own words; symbols such as `x_t` in them are set as formulas.
  public init(stringLiteral value: String) { self = .prose(Prose(words: value)) }
  /// A cell with a number in the automatic format.
  public init(floatLiteral value: Double) { self = .number(value) }
}

/// A formula whose terms carry their values at the current step.
public struct LiveFormula: Panel {
  private let math: Math
  private let reading: Prose?

  /// - Parameters:
  ///   - math: the formula.
  ///   - reading: the formula in words.
  public init(_ math: Math, reading: Prose? = nil) {
    (self.math, self.reading) = (math, reading)
  }

  /// The formula as MathML on a line of its own, the words under it.
  public func html(_ rendering: inout Rendering) -> HTML {
    let words: HTML = reading.map { "<p>\($0.html(&rendering))</p>" } ?? ""
    return """
      <div class="formula"><div class="scroll">\(math.html(&rendering, display: true))</div>\(words)</div>
      """
  }
}
