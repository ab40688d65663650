/// A line or a short paragraph of a page, with formulas and live values inside it.
///
///     "After \(live: steps) steps only \(signal) of the picture is left: see \(math: "√ᾱ_t")."
///
/// Plain interpolated text is escaped: it may come from anywhere. In the program's own words, those of
/// the literal, symbols such as `x_t` or `ᾱ` are set as formulas.
public struct Prose: Sendable {
  enum Piece: Sendable {
    case text(String)
    case words(String)
    case code(String)
    case emphasis(String)
    case math(Math)
    case quantity(Quantity)
    case live(Varying<String>)
  }

  var pieces: [Piece]

  /// Text from anywhere: it is escaped, and symbols in it stay letters.
  public init(_ text: String) { pieces = [.text(text)] }

  /// The program's own words, with the symbols in them set as formulas.
  init(words: String) { pieces = [.words(words)] }

  func html(_ rendering: inout Rendering) -> HTML {
    pieces.reduce(into: "") { html, piece in
      switch piece {
      case .text(let text): html += "\(text)"
      case .words(let words): html += Self.html(words: words, &rendering)
      case .code(let text): html += "<code>\(text)</code>"
      case .emphasis(let text): html += "<em>\(text)</em>"
      case .math(let math): html += math.html(&rendering)
      case .quantity(let quantity):
        html += "<span class=\"quantity\"\(quantity.attributes)>\(quantity.symbol.html(&rendering))"
        html += "</span>"
      case .live(let text): html += rendering.live(text)
      }
    }
  }

  private static func html(words: String, _ rendering: inout Rendering) -> HTML {
    SymbolsInWords.parts(of: words).reduce(into: "") { html, part in
      switch part {
      case .text(let text): html += "\(text)"
      case .symbol(let notation): html += Math(notation).html(&rendering)
      }
    }
  }

  /// Without formulas and markup, for places that hold text alone.
  package var plain: String {
    pieces.map { piece in
      switch piece {
      case .text(let text), .words(let text), .code(let text), .emphasis(let text): text
      case .math(let math): math.plain
      case .quantity(let quantity): quantity.symbol.plain
      case .live(let text): text.values.first ?? ""
      }
    }.joined()
  }
}

extension Prose: ExpressibleByStringInterpolation {
  /// The program's own words, with the symbols in them set as formulas.
  public init(stringLiteral value: String) { self.init(words: value) }
  /// The program's own words with what was interpolated.
  public init(stringInterpolation: Interpolation) { pieces = stringInterpolation.pieces }

  /// Gathers a literal, and keeps the program's words apart from what comes from elsewhere.
  public struct Interpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []

    /// Begins with nothing.
    public init(literalCapacity: Int, interpolationCount: Int) {}
    /// Adds the program's own words; symbols such as `x_t` in them become formulas.
    public mutating func appendLiteral(_ literal: String) { pieces.append(.words(literal)) }
    /// Adds text from anywhere, escaped.
    public mutating func appendInterpolation(_ text: String) { pieces.append(.text(text)) }
    /// Adds a whole number.
    public mutating func appendInterpolation(_ number: Int) { pieces.append(.text("\(number)")) }
    /// Adds a number, rounded for the eye.
    public mutating func appendInterpolation(
      _ number: Double, _ format: NumberFormat = .automatic
    ) { pieces.append(.text(format.text(number))) }
    /// Adds a quantity's symbol in its colour; pointing at it lights up what else shows it.
    public mutating func appendInterpolation(_ quantity: Quantity) {
      pieces.append(.quantity(quantity))
    }
    /// Adds a formula within the line.
    public mutating func appendInterpolation(math: Math) { pieces.append(.math(math)) }
    /// Adds what is typed or read by a program, in letters of equal width.
    public mutating func appendInterpolation(code: String) { pieces.append(.code(code)) }
    /// Adds emphasised text, escaped.
    public mutating func appendInterpolation(em text: String) { pieces.append(.emphasis(text)) }
    /// Adds a text that changes with the step, escaped.
    public mutating func appendInterpolation(live text: Varying<String>) {
      pieces.append(.live(text))
    }
    /// Adds another prose with all that is in it.
    public mutating func appendInterpolation(_ prose: Prose) { pieces += prose.pieces }
  }
}
