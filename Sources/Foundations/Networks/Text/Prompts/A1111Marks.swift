/// The marks of AUTOMATIC1111's web interface, `parse_prompt_attention`: brackets multiply what stands
/// in them, and may be nested or left open. A `BREAK` in brackets is a break here, too; there it becomes
/// a word of weight −1.1.
enum A1111Marks {
  static func fragments(of prompt: String) -> [PromptFragment] {
    var reader = Reader(Array(prompt))
    reader.read()
    return reader.fragments
  }

  private struct Reader {
    private let text: [Character]
    private var position = 0
    private var found: [PromptFragment] = []
    /// Where in `found` the brackets begin that are open.
    private var (round, square): ([Int], [Int]) = ([], [])

    init(_ text: [Character]) { self.text = text }

    /// What counts alike, joined; at least one part.
    var fragments: [PromptFragment] {
      found.isEmpty ? [PromptFragment("")] : found.fused(by: "")
    }

    private mutating func multiply(from start: Int, by factor: Double) {
      for index in start..<found.count where !found[index].isBreak { found[index].weight *= factor }
    }

    mutating func read() {
      while position < text.count { readNext() }
      for start in round { multiply(from: start, by: 1.1) }
      for start in square { multiply(from: start, by: 1 / 1.1) }
    }

    private mutating func readNext() {
      let character = text[position]
      switch character {
      case "\\":
        let escaped = position + 1 < text.count && "()[]\\".contains(text[position + 1])
        found.append(PromptFragment(escaped ? String(text[position + 1]) : ""))
        position += escaped ? 2 : 1
        return
      case "(": round.append(found.count)
      case "[": square.append(found.count)
      case ")":
        if let start = round.popLast() { multiply(from: start, by: 1.1) } else { append(")") }
      case "]":
        if let start = square.popLast() { multiply(from: start, by: 1 / 1.1) } else { append("]") }
      case ":":
        if let (weight, end) = weight(after: position + 1), let start = round.popLast() {
          multiply(from: start, by: weight)
          position = end
          return
        }
        append(":")
      default:
        let end = text[position...].firstIndex { "\\()[]:".contains($0) } ?? text.count
        append(String(text[position..<end]))
        position = end
        return
      }
      position += 1
    }

    /// The number of `:1.3)` and the place behind it.
    private func weight(after start: Int) -> (Double, Int)? {
      var next = start
      func skipSpace() { while next < text.count, text[next].isWhitespace { next += 1 } }
      skipSpace()
      let first = next
      while next < text.count, "+-.0123456789".contains(text[next]) { next += 1 }
      let number = Double(String(text[first..<next]))
      skipSpace()
      guard let number, next < text.count, text[next] == ")" else { return nil }
      return (number, next + 1)
    }

    /// Text, cut wherever the word BREAK stands.
    private mutating func append(_ text: String) {
      for (index, part) in text.split(
        separator: /\s*\bBREAK\b\s*/, omittingEmptySubsequences: false
      )
      .enumerated() {
        if index > 0 { found.append(PromptFragment("", isBreak: true)) }
        found.append(PromptFragment(String(part)))
      }
    }
  }
}
