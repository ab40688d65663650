import Networks

/// The tokens of a prompt gathered for reading: its words, each perhaps of several tokens, with the
/// start and the end token beside them and all padding as one. Nothing is left out, so that the
/// shares of a pixel's attention sum to 1.
package struct PromptColumns: Sendable {
  /// What a column is there for.
  package enum Kind: String, Sendable {
    /// The start token.
    case start
    /// A word of the prompt.
    case word
    /// The end token.
    case end
    /// All padding together.
    case padding
  }

  /// One word, or one kind of other token.
  package struct Column: Sendable {
    /// What it is there for.
    package let kind: Kind
    /// As it was written; `start`, `end` and `padding` for the others.
    package let text: String
    /// Where its tokens stand in the sequence.
    package let positions: [Int]
    /// The same for all columns that are the same word (without regard to case).
    package let positionsOfAllOccurrences: [Int]
  }

  /// In the order of the sequence.
  package let columns: [Column]
  /// The prompt as the text encoder got it.
  package let tokens: TokenizedPrompt

  /// Gathers the tokens of a prompt.
  package init(_ prompt: TokenizedPrompt) {
    tokens = prompt
    var columns: [Column] = []
    func add(_ kind: Kind, _ text: String, _ positions: [Int], all: [Int]? = nil) {
      guard !positions.isEmpty else { return }
      columns.append(
        Column(
          kind: kind, text: text, positions: positions,
          positionsOfAllOccurrences: all ?? positions))
    }
    func positions(_ role: TokenizedPrompt.Token.Role) -> [Int] {
      prompt.tokens.indices.filter { prompt.tokens[$0].role == role }
    }
    add(.start, "start", positions(.start))
    // One by one: between the tokens of a word another sequence may begin.
    let places = prompt.words.indices.map { positions(.content(word: $0)) }
    for (index, word) in prompt.words.enumerated() {
      let alike = prompt.words.indices.filter { prompt.words[$0].text == word.text }
      add(
        .word, String(prompt.prompt[word.range]), places[index], all: alike.flatMap { places[$0] })
    }
    add(.end, "end", positions(.end))
    add(.padding, "padding", positions(.padding))
    self.columns = columns
  }

  /// How many sequences the prompt has, each with a start of its own.
  package var sequences: Int { max(tokens.tokens.count { $0.role == .start }, 1) }
  /// How many columns there are.
  package var count: Int { columns.count }
  /// Those of words.
  package var words: [Int] { columns.indices.filter { columns[$0].kind == .word } }

  /// What a reader sees: `boat`, `‹start›`, `‹padding × 63›`.
  package func label(_ column: Int) -> String {
    let it = columns[column]
    switch it.kind {
    case .word: return it.text
    case .padding: return "‹padding × \(it.positions.count)›"
    case .start, .end: return "‹\(it.text)›"
    }
  }

  /// Labels of which no two are equal: the second `a` is `a (2)`.
  package var distinctLabels: [String] {
    var seen: [String: Int] = [:]
    return columns.indices.map { index in
      let label = label(index)
      seen[label, default: 0] += 1
      return seen[label] == 1 ? label : "\(label) (\(seen[label] ?? 0))"
    }
  }

  /// The columns of a word as a person names it: every occurrence, without regard to case.
  package func columns(of word: String) -> [Int] {
    let wanted = word.lowercased()
    return words.filter { columns[$0].text.lowercased() == wanted }
  }
}
