/// A prompt as the text encoder gets it, with the way back from every token to its word.
public struct TokenizedPrompt: Sendable {
  /// A word of the prompt, a number's digit, a run of punctuation, or an added token.
  public struct Word: Sendable, Equatable {
    /// The word as the vocabulary knows it: composed, lower case.
    public let text: String
    /// Where it stands in the prompt. Where one character of the prompt becomes part of two words,
    /// both have it in their range.
    public let range: Range<String.Index>
    /// The id, where it is one of the tokenizer's added tokens, written out in the prompt.
    public let addedToken: Int?
  }

  /// One place in the sequence.
  public struct Token: Sendable, Equatable {
    /// What a place of the sequence is there for.
    public enum Role: Sendable, Equatable {
      /// The mark before the prompt.
      case start
      /// The mark behind it.
      case end
      /// What fills the rest of the sequence.
      case padding
      /// A token of `words[word]`.
      case content(word: Int)
    }

    /// The row of the text encoder's embedding.
    public let id: Int
    /// Its spelling in the vocabulary, such as `photo</w>`.
    public let text: String
    /// What it is there for.
    public let role: Role

    /// The index of the word that it belongs to, in `words`.
    public var word: Int? {
      if case .content(let word) = role { word } else { nil }
    }
  }

  /// The prompt as it was given.
  public let prompt: String
  /// The prompt as the vocabulary knows it: composed (NFC), white space collapsed, lower case.
  public let normalized: String
  /// The words of the prompt, in order.
  public let words: [Word]
  /// The sequence: start, content, end, padding; exactly as long as the model takes.
  public let tokens: [Token]
  /// The content that did not fit, in order; empty when nothing was dropped.
  public let dropped: [Token]

  /// The ids of the sequence.
  public var ids: [Int] { tokens.map(\.id) }

  /// The positions of the content, between start and end.
  public var contentRange: Range<Int> {
    1..<(tokens.firstIndex { $0.role == .end } ?? tokens.count)
  }

  /// The positions of the tokens of `words[word]`; empty when it was dropped.
  public func positions(ofWord word: Int) -> Range<Int> {
    let positions = tokens.indices.filter { tokens[$0].word == word }
    guard let first = positions.first, let last = positions.last else { return 0..<0 }
    return first..<last + 1
  }

  /// The part of the prompt that the model will not see, from the first word that lost a token;
  /// nil when nothing was dropped.
  public var droppedText: Substring? {
    guard let word = dropped.first?.word else { return nil }
    return prompt[words[word].range.lowerBound...]
  }

  /// One line that says what was dropped; nil when nothing was.
  public var truncationNotice: String? {
    guard let droppedText else { return nil }
    let fitting = contentRange.count
    let start = droppedText.prefix(60)
    return "the prompt has \(fitting + dropped.count) tokens and the model takes \(fitting): "
      + "dropped from “\(start)\(start.count < droppedText.count ? "…" : "")”"
  }

  /// One line where other programs read another prompt: CLIP's own tokenizer, and with ftfy that of
  /// transformers 4, make straight marks of typographic ones, which are read byte by byte here as in
  /// transformers 5. Nil where there are none.
  public var quotationNotice: String? {
    let (single, double) = ("‘’‚‛", "“”„‟")
    let found = (single + double).filter(prompt.contains).map(String.init)
    guard !found.isEmpty else { return nil }
    let both = [(single, "'"), (double, "\"")].filter { $0.0.contains(where: prompt.contains) }
    let straight = both.map(\.1).joined(separator: " and ")
    return "the prompt has \(found.joined(separator: " ")), read byte by byte as in transformers; "
      + "CLIP's own tokenizer reads \(straight): write that to hear what the model learned"
  }
}
