/// The marks of AUTOMATIC1111's web interface, `parse_prompt_attention`: brackets multiply what stands
/// in them, and may be nested or left open. A `BREAK` in brackets is a break here, too; there it becomes
/// a word of weight −1.1.
enum A1111Marks {
  /// - Throws: `PromptMarkError.unread` for what that program does besides: prompts that change on the way,
  ///   `[from:to:0.5]` and `[one|other]`, several prompts with `AND` between them, and files, `<lora:…>`.
  static func fragments(of prompt: String) throws(PromptMarkError) -> [PromptFragment] {
    if let found = prompt.firstMatch(of: /<\w+:[^>]+>|\bAND\b/) {
      throw .unread(operator: String(found.0), of: .a1111)
    }
    var reader = Reader(Array(prompt))
    try reader.read()
    return reader.fragments
  }

  private struct Reader {
    private let text: [Character]
    private var position = 0
    private var found: [PromptFragment] = []
    /// Where in `found` the brackets begin that are open.
    private var (round, square): ([Int], [Int]) = ([], [])
    /// Where the square ones that are open stand in the text.
    private var squarePlaces: [Int] = []

    init(_ text: [Character]) { self.text = text }

    /// What counts alike, joined; at least one part.
    var fragments: [PromptFragment] {
      found.isEmpty ? [PromptFragment("")] : found.fused(by: "")
    }

    private mutating func multiply(from start: Int, by factor: Double) {
      for index in start..<found.count where !found[index].isBreak { found[index].weight *= factor }
    }

    mutating func read() throws(PromptMarkError) {
      while position < text.count { try readNext() }
      for start in round { multiply(from: start, by: 1.1) }
      for start in square { multiply(from: start, by: 1 / 1.1) }
    }

    private mutating func readNext() throws(PromptMarkError) {
      let character = text[position]
      switch character {
      case "\\":
        let escaped = position + 1 < text.count && "()[]\\".contains(text[position + 1])
        found.append(PromptFragment(escaped ? String(text[position + 1]) : ""))
        position += escaped ? 2 : 1
        return
      case "(": round.append(found.count)
      case "[":
        square.append(found.count)
        squarePlaces.append(position)
      case ")":
        if let start = round.popLast() { multiply(from: start, by: 1.1) } else { append(")") }
      case "]":
        _ = squarePlaces.popLast()
        if let start = square.popLast() { multiply(from: start, by: 1 / 1.1) } else { append("]") }
      case "|":
        if let end = text[position...].firstIndex(of: "]") { try refuse(until: end) }
        append("|")
      case ":":
        if let (_, end) = number(after: position + 1, before: "]") { try refuse(until: end) }
        if let (weight, end) = number(after: position + 1, before: ")"),
          let start = round.popLast()
        {
          multiply(from: start, by: weight)
          position = end + 1
          return
        }
        append(":")
      default:
        let end = text[position...].firstIndex { "\\()[]:|".contains($0) } ?? text.count
        append(String(text[position..<end]))
        position = end
        return
      }
      position += 1
    }

    /// Refuses the square brackets that are open here, whose words come and go on the way.
    /// - Parameter end: where they close.
    private func refuse(until end: Int) throws(PromptMarkError) {
      guard let start = squarePlaces.last else { return }
      throw .unread(operator: String(text[start...min(end, text.count - 1)]), of: .a1111)
    }

    /// The number of `:1.3)` and the place of what stands behind it.
    private func number(after start: Int, before bracket: Character) -> (Double, Int)? {
      var next = start
      func skipSpace() { while next < text.count, text[next].isWhitespace { next += 1 } }
      skipSpace()
      let first = next
      while next < text.count, "+-.0123456789".contains(text[next]) { next += 1 }
      let number = Double(String(text[first..<next]))
      skipSpace()
      guard let number, next < text.count, text[next] == bracket else { return nil }
      return (number, next)
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
