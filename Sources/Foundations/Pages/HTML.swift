/// A piece of a page. Text becomes HTML only by being escaped, so that a prompt or a file name can
/// never become markup.
public struct HTML: Sendable, Equatable {
  /// The markup.
  public private(set) var text: String

  /// Markup that the program itself wrote; never anything that came from outside.
  public init(markup: String) { text = markup }

  /// Text from anywhere, safe between tags and inside quoted attributes.
  public init(escaping text: String) {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      // Control characters are no part of HTML; the bidirectional overrides could disguise text.
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{7F}"..."\u{9F}",
        "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}":
        out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    self.text = out
  }

  /// One after the other.
  public static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.text + right.text) }
  /// Adds at the end.
  public static func += (left: inout HTML, right: HTML) { left.text += right.text }
}

/// Markup as a literal; whatever is interpolated is escaped unless it is `HTML` already.
extension HTML: ExpressibleByStringInterpolation {
  /// Markup that the program itself wrote.
  public init(stringLiteral value: String) { self.init(markup: value) }
  /// Markup with what was interpolated, escaped.
  public init(stringInterpolation: Interpolation) { self.init(markup: stringInterpolation.text) }

  /// Gathers a literal, escaping what is no `HTML`.
  public struct Interpolation: StringInterpolationProtocol {
    var text = ""
    /// Begins with nothing.
    public init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }
    /// Adds markup that the program itself wrote.
    public mutating func appendLiteral(_ literal: String) { text += literal }
    /// Adds markup as it is.
    public mutating func appendInterpolation(_ value: HTML) { text += value.text }
    /// Adds pieces of markup one after the other.
    public mutating func appendInterpolation(_ value: [HTML]) {
      for part in value { text += part.text }
    }
    /// Adds text, escaped.
    public mutating func appendInterpolation(_ value: String) {
      text += HTML(escaping: value).text
    }
    /// Adds a number.
    public mutating func appendInterpolation(_ value: Int) { text += String(value) }
  }
}
