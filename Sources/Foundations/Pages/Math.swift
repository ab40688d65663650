/// A formula, written as it reads and shown as MathML, which every current browser draws offline.
///
///     let mean: Math = "μ̃_t = \(fraction: "β_t √ᾱ_{t−1}", "1 − ᾱ_t") x_0 + …"
///
/// Notation of the literals: spaces separate tokens; `x_t`, `x^2`, `x_t^2` attach to the token
/// before; `√` takes what follows, with its scripts; braces group and are not shown; a combining
/// bar, hat, tilde or dot over a letter becomes the accent of MathML, so `ᾱ`, `x̂`, `μ̃` work as they
/// are typed. Letters that touch are one upright name (`SNR`, `log`); `"words"` in double quotes are
/// text. Everything else is an operator. Formulas, terms, fractions are interpolated.
public struct Math: Sendable {
  /// A node of the formula.
  indirect enum Node: Sendable {
    case identifier(String)
    case number(String)
    case symbol(String)
    case text(String)
    case row([Node])
    case scripts(Node, below: Node?, above: Node?)
    case accent(Node, String)
    case root(Node)
    case fraction(Node, Node)
    case under(Node, Node)
    case term(Node, Quantity, Varying<Double>?, NumberFormat)
  }

  let node: Node
  /// The formula as one line of plain text: by which quantities are told apart, and for narrow
  /// places that hold no MathML.
  public let plain: String

  init(_ node: Node, plain: String) {
    self.node = node
    self.plain = plain
  }

  /// A formula in the notation above, with no interpolation.
  public init(_ notation: String) {
    self.init(MathNotation(notation, parts: []).parsed(), plain: notation)
  }

  /// A part of a formula that is one quantity of the page: in the quantity's colour, with its value
  /// at the current step under it; pointing at it lights up all else that shows the quantity.
  public static func term(
    _ quantity: Quantity, _ math: Math? = nil, value: Varying<Double>? = nil,
    format: NumberFormat = .automatic
  ) -> Math {
    let math = math ?? quantity.symbol
    return Math(.term(math.node, quantity, value, format), plain: math.plain)
  }

  /// One formula above the other with a bar between them; as plain text (above)/(below).
  public static func fraction(_ above: Math, _ below: Math) -> Math {
    Math(.fraction(above.node, below.node), plain: "(\(above.plain))/(\(below.plain))")
  }

  /// `operation` with its range below, such as a sum over s.
  public static func under(_ operation: Math, _ below: Math) -> Math {
    Math(.under(operation.node, below.node), plain: "\(operation.plain)_{\(below.plain)}")
  }
}

extension Math: ExpressibleByStringInterpolation {
  /// A formula in the notation of `Math`.
  public init(stringLiteral value: String) { self.init(value) }

  /// A formula in the notation of `Math`, with the parts that were interpolated.
  public init(stringInterpolation: Interpolation) {
    self.init(
      MathNotation(stringInterpolation.text, parts: stringInterpolation.parts.map(\.node)).parsed(),
      plain: stringInterpolation.plain)
  }

  /// Gathers a literal and the formulas in it.
  public struct Interpolation: StringInterpolationProtocol {
    var text = ""
    var plain = ""
    var parts: [Math] = []

    /// Begins with nothing.
    public init(literalCapacity: Int, interpolationCount: Int) {}
    /// Adds a piece in the notation of `Math`; it is read when the whole literal is there.
    public mutating func appendLiteral(_ literal: String) {
      text += literal
      plain += literal
    }
    /// Adds a formula as one token: scripts that follow it belong to all of it.
    public mutating func appendInterpolation(_ math: Math) {
      text.unicodeScalars.append(MathNotation.placeholder(parts.count))
      plain += math.plain
      parts.append(math)
    }
    /// Adds a whole number, as if its digits stood in the literal.
    public mutating func appendInterpolation(_ number: Int) { appendLiteral(String(number)) }
    /// Adds a fraction: `\(fraction: "a", "b")`.
    public mutating func appendInterpolation(fraction above: Math, _ below: Math) {
      appendInterpolation(.fraction(above, below))
    }
    /// Adds a quantity of the page with its value at the current step; see `Math.term`.
    public mutating func appendInterpolation(
      term quantity: Quantity, _ math: Math? = nil, value: Varying<Double>? = nil,
      format: NumberFormat = .automatic
    ) {
      appendInterpolation(.term(quantity, math, value: value, format: format))
    }
  }
}
