import Foundation

/// Reads the notation of `Math` literals.
///
///     row   = { item }
///     item  = "√" item | atom [ "_" atom ] [ "^" atom ]
///     atom  = "{" row "}" | number | name | text | operator | placeholder
struct MathNotation {
  private let characters: [Character]
  private let parts: [Math.Node]
  private var position = 0

  /// - Parameter parts: what the placeholders in `text` stand for.
  init(_ text: String, parts: [Math.Node]) {
    characters = Array(text)
    self.parts = parts
  }

  /// The private-use character that stands for interpolated part `index` of a literal.
  static func placeholder(_ index: Int) -> Unicode.Scalar {
    Unicode.Scalar(0xE000 + UInt32(index)) ?? "\u{E000}"
  }

  func parsed() -> Math.Node {
    var reader = self
    return reader.row()
  }

  private var next: Character? { position < characters.count ? characters[position] : nil }

  private mutating func skipSpaces() {
    while next == " " || next == "\n" { position += 1 }
  }

  private mutating func row() -> Math.Node {
    var items: [Math.Node] = []
    while true {
      skipSpaces()
      guard let character = next, character != "}" else { break }
      items.append(item())
    }
    return items.count == 1 ? items[0] : .row(items)
  }

  private mutating func item() -> Math.Node {
    if next == "√" {
      position += 1
      skipSpaces()
      return .root(next == nil ? .row([]) : item())
    }
    let base = atom()
    var below: Math.Node?
    var above: Math.Node?
    while let mark = next, mark == "_" && below == nil || mark == "^" && above == nil {
      position += 1
      let script = atom()
      if mark == "_" { below = script } else { above = script }
    }
    return below == nil && above == nil ? base : .scripts(base, below: below, above: above)
  }

  private mutating func atom() -> Math.Node {
    guard let character = next else { return .row([]) }
    position += 1
    switch character {
    case "{":
      let inner = row()
      if next == "}" { position += 1 }
      return inner
    case "\"":
      let end = characters[position...].firstIndex(of: "\"") ?? characters.count
      defer { position = min(end + 1, characters.count) }
      return .text(String(characters[position..<end]))
    case _ where character.isNumber && character.isASCII:
      return .number(String(character) + take { $0.isASCII && $0.isNumber || $0 == "." })
    case _ where character.isLetter: return name(startingWith: character)
    default: return part(character) ?? .symbol(String(character))
    }
  }

  private mutating func take(while accepted: (Character) -> Bool) -> String {
    let start = position
    while let character = next, accepted(character) { position += 1 }
    return String(characters[start..<position])
  }

  /// A letter with its accent, or a name of plain letters that touch.
  private mutating func name(startingWith first: Character) -> Math.Node {
    if let accented = Self.accented(first) { return accented }
    let rest = take { $0.isLetter && Self.accented($0) == nil }
    return .identifier(String(first) + rest)
  }

  private static func accented(_ character: Character) -> Math.Node? {
    let marks: [Unicode.Scalar: String] = [
      "\u{302}": "^", "\u{303}": "~", "\u{304}": "¯", "\u{305}": "¯", "\u{307}": "˙",
    ]
    let scalars = Array(String(character).decomposedStringWithCanonicalMapping.unicodeScalars)
    guard scalars.count == 2, let mark = marks[scalars[1]] else { return nil }
    return .accent(.identifier(String(scalars[0])), mark)
  }

  private func part(_ character: Character) -> Math.Node? {
    guard let scalar = character.unicodeScalars.first, scalar.value >= 0xE000,
      Int(scalar.value) - 0xE000 < parts.count
    else { return nil }
    return parts[Int(scalar.value) - 0xE000]
  }
}
