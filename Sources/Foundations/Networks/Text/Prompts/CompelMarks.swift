/// The marks of compel 2.5: plus and minus behind a word or a bracket, or a number behind a bracket.
///
/// What does not fit the grammar is text, as in compel. A word in a bracket has none of `( ) " , . + - =`
/// but escaped; `-` and `+` within a word belong to it.
enum CompelMarks {
  static func fragments(of prompt: String) throws(PromptMarkError) -> [PromptFragment] {
    if let found = prompt.firstMatch(of: /\.(swap|blend|and|add|attend)\s*\(|\b(use|with)Lora\s*\(/)
    {
      throw .unread(operator: String(found.0), of: .compel)
    }
    let spaced = prompt.replacing(/,(\S)/) { ", \($0.1)" }
    var reader = Reader(Array(spaced))
    let found = reader.prompt().map { PromptFragment(unescaped($0.text), weight: $0.weight) }
    return found.isEmpty ? [PromptFragment("")] : found.fused(by: " ")
  }

  private static func unescaped(_ text: String) -> String {
    ["(", ")", "\""].reduce(text) { $0.replacing("\\\($1)", with: $1) }
  }

  private struct Reader {
    private let text: [Character]
    private var position = 0
    private static let syntax: Set<Character> = ["(", ")", "\"", ",", ".", "+", "-", "="]

    init(_ text: [Character]) { self.text = text }

    private var next: Character? { position < text.count ? text[position] : nil }

    private mutating func skipSpace() { while next?.isWhitespace == true { position += 1 } }

    /// The whole prompt: weighted words and brackets, and whatever else stands between spaces.
    mutating func prompt() -> [PromptFragment] {
      var found: [PromptFragment] = []
      skipSpace()
      while next != nil {
        if let part = weighted() ?? quoted() ?? bracket() {
          found += part
        } else {
          let end = text[position...].firstIndex(where: \.isWhitespace) ?? text.count
          found.append(PromptFragment(String(text[position..<end])))
          position = end
        }
        skipSpace()
      }
      return found
    }

    /// A bracket or a word with its weight; nil, and nothing read, for anything else.
    private mutating func weighted() -> [PromptFragment]? {
      let start = position
      if let inner = quoted() ?? bracket(), let weight = sign() ?? number() {
        return scaled(inner, weight)
      }
      position = start
      if let word = word(), let weight = sign() { return scaled([PromptFragment(word)], weight) }
      position = start
      return nil
    }

    private func scaled(_ inner: [PromptFragment], _ weight: Double) -> [PromptFragment] {
      inner.map { PromptFragment($0.text, weight: $0.weight * weight) }
    }

    /// What stands in brackets or quotes: as `prompt`, but that nothing may be left over.
    private mutating func inside(until end: Int) -> [PromptFragment]? {
      var found: [PromptFragment] = []
      skipSpace()
      while position < end, next != ")" {
        if let part = weighted() ?? bracket() ?? quoted() {
          found += part
        } else if let word = word() {
          found.append(PromptFragment(word))
        } else if next == "," || next == "." {
          found.append(PromptFragment(String(text[position])))
          position += 1
        } else {
          return nil
        }
        skipSpace()
      }
      return found
    }

    private mutating func bracket() -> [PromptFragment]? {
      let start = position
      guard next == "(" else { return nil }
      position += 1
      if let inner = inside(until: text.count), next == ")" {
        position += 1
        return inner
      }
      position = start
      return nil
    }

    private mutating func quoted() -> [PromptFragment]? {
      guard next == "\"",
        let end = text[(position + 1)...].indices.first(where: {
          text[$0] == "\"" && text[$0 - 1] != "\\"
        }), end > position + 1
      else { return nil }
      var inner = Reader(Array(text[(position + 1)..<end]))
      guard let found = inner.inside(until: inner.text.count), inner.next == nil else { return nil }
      position = end + 1
      return found
    }

    /// Letters and all that is no syntax; a sign only where the word goes on behind it.
    private mutating func word() -> String? {
      var word = ""
      while let character = next, !character.isWhitespace {
        let after = position + 1 < text.count ? text[position + 1] : nil
        if character == "\\", let after, Self.syntax.contains(after) {
          word += ["\\", after]
          position += 2
        } else if !Self.syntax.contains(character) {
          word.append(character)
          position += 1
        } else if character == "-" || character == "+", let after, !after.isWhitespace,
          !Self.syntax.contains(after)
        {
          word.append(character)
          position += 1
        } else {
          break
        }
      }
      return word.isEmpty ? nil : word
    }

    /// 1.1 for each of a run of plus, 0.9 for each of a run of minus.
    private mutating func sign() -> Double? {
      guard let sign = next, sign == "+" || sign == "-" else { return nil }
      let count = text[position...].prefix { $0 == sign }.count
      position += count
      return (0..<count).reduce(1) { weight, _ in weight * (sign == "+" ? 1.1 : 0.9) }
    }

    private mutating func number() -> Double? {
      let run = text[position...].prefix { "0123456789.".contains($0) }
      guard let match = String(run).prefixMatch(of: /[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+/),
        let value = Double(match.0.hasSuffix(".") ? String(match.0.dropLast()) : String(match.0))
      else { return nil }
      position += match.0.count
      return value
    }
  }
}
