import Foundation

/// Finds the symbols in the program's own words, so that "weight of x̂_0" or "timestep t" reads on a
/// page as it does in a formula.
///
/// A symbol is one letter with an accent, a subscript (`x_t`, `ᾱ_{t−1}`, `x₀`) or a Greek letter, `√`
/// with what it covers, or one of the few Latin letters that are no words and stand alone. What is
/// part of a word, a number or a file's name is left alone.
package struct SymbolsInWords {
  package enum Part: Equatable {
    case text(String)
    /// In the notation of `Math`.
    case symbol(String)
  }

  private let characters: [Character]

  package static func parts(of text: String) -> [Part] { Self(characters: Array(text)).parts() }

  private func parts() -> [Part] {
    var parts: [Part] = []
    var words = ""
    var position = 0
    while position < characters.count {
      guard let found = isStart(position) ? symbol(at: position) : nil else {
        words.append(characters[position])
        position += 1
        continue
      }
      if !words.isEmpty { parts.append(.text(words)) }
      words = ""
      parts.append(.symbol(found.notation))
      position = found.end
    }
    return words.isEmpty ? parts : parts + [.text(words)]
  }

  private subscript(_ position: Int) -> Character? {
    characters.indices.contains(position) ? characters[position] : nil
  }

  // MARK: What a symbol is

  private typealias Found = (notation: String, end: Int)

  private func symbol(at start: Int) -> Found? {
    if characters[start] == "√" { return root(at: start) }
    guard let isSymbol = letter(at: start), let scripts = scripts(at: start + 1) else { return nil }
    let isBare = scripts.end == start + 1
    if isBare && !isSymbol && !isAlone(start) { return nil }
    return isEnd(scripts.end) ? (String(characters[start]) + scripts.notation, scripts.end) : nil
  }

  private func root(at start: Int) -> Found? {
    if self[start + 1] == "(", let close = characters[start...].firstIndex(of: ")") {
      let inner = String(characters[(start + 2)..<close])
      return ("√{\(inner)}", close + 1)
    }
    guard letter(at: start + 1) != nil, let scripts = scripts(at: start + 2), isEnd(scripts.end)
    else { return nil }
    return ("√" + String(characters[start + 1]) + scripts.notation, scripts.end)
  }

  /// Whether the letter at a position is a symbol by itself; nil when no letter is there.
  private func letter(at position: Int) -> Bool? {
    guard let character = self[position], character.isLetter else { return nil }
    let scalars = Array(String(character).decomposedStringWithCanonicalMapping.unicodeScalars)
    let isGreek = (0x370...0x3FF).contains(scalars[0].value)
    let marks: Set<Unicode.Scalar> = ["\u{302}", "\u{303}", "\u{304}"]
    let isMarked = scalars.count == 2 && scalars[0].isASCII && marks.contains(scalars[1])
    return isGreek || isMarked
  }

  /// Sub- and superscripts from `start` on; nil when what follows makes it no symbol.
  private func scripts(at start: Int) -> Found? {
    var notation = ""
    var position = start
    while let mark = self[position] {
      if mark == "_" {
        guard let script = script(after: position) else { return nil }
        notation += script.notation
        position = script.end
      } else if let small = Self.small[mark] {
        notation += small
        position += 1
      } else {
        break
      }
    }
    return (notation, position)
  }

  private func script(after mark: Int) -> Found? {
    if self[mark + 1] == "{" {
      guard let close = characters[mark...].firstIndex(of: "}") else { return nil }
      return (String(characters[mark...close]), close + 1)
    }
    guard let character = self[mark + 1], character.isLetter || character.isNumber else {
      return nil
    }
    return ("_\(character)", mark + 2)
  }

  private static let small: [Character: String] = [
    "₀": "_0", "₁": "_1", "₂": "_2", "ₜ": "_t", "²": "^2", "³": "^3",
  ]

  // MARK: Where a symbol may stand

  /// No letter, digit or apostrophe goes before.
  private func isStart(_ position: Int) -> Bool {
    guard let before = self[position - 1] else { return true }
    return !before.isLetter && !before.isNumber && !["_", "'", "’", "/", "-"].contains(before)
      || before == "/" && characters[position] == "√"
  }

  /// No word goes on after it, and no file's name: `x_t-0500.png` is none.
  private func isEnd(_ position: Int) -> Bool {
    guard let after = self[position] else { return true }
    if after.isLetter || after.isNumber || after == "_" || after == "’" || after == "'" {
      return false
    }
    guard after == "-" || after == "." || after == "/", let next = self[position + 1] else {
      return true
    }
    return !next.isLetter && !next.isNumber
  }

  /// Latin letters that are no words of English and no units.
  private static let lone: Set<Character> = ["d", "f", "n", "t", "z", "H", "W", "Q", "K", "V"]

  private func isAlone(_ position: Int) -> Bool {
    guard Self.lone.contains(characters[position]) else { return false }
    let (before, after) = (self[position - 1] ?? " ", self[position + 1] ?? " ")
    return (before.isWhitespace || before == "(")
      && (after.isWhitespace || [".", ",", ";", ":", ")"].contains(after))
  }
}
