/// The words of the captions that a model learned from. Whatever else a prompt holds becomes tokens
/// too, but nothing was ever learned about them.
public struct TrainedWords: Sendable, Equatable {
  /// In the order of the alphabet; empty for a model that does not say.
  public let words: [String]

  /// Words in any order, also repeated.
  public init(_ words: some Sequence<String>) { self.words = Set(words).sorted() }

  /// The words of a prompt that are not among them, as they were written, each once; those that the
  /// model's length cut off do not count. None when the model does not say what it knows.
  public func unknown(in prompt: TokenizedPrompt) -> [String] {
    guard !words.isEmpty else { return [] }
    var seen = Set(words)
    return prompt.words.indices.compactMap { index in
      let word = prompt.words[index]
      guard word.addedToken == nil, !prompt.positions(ofWord: index).isEmpty,
        seen.insert(word.text).inserted
      else { return nil }
      return String(prompt.prompt[word.range])
    }
  }

  /// One line that says which words of some prompts were never met, and which were; nil when all
  /// were met, or when the model does not say.
  public func notice(for prompts: [TokenizedPrompt]) -> String? {
    var found: [String] = []
    for word in prompts.flatMap({ unknown(in: $0) }) where !found.contains(word) {
      found.append(word)
    }
    guard !found.isEmpty else { return nil }
    let listed = found.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
    let rest = found.count > 8 ? " and \(found.count - 8) more" : ""
    return "the model never met \(listed)\(rest) when it was trained; the \(words.count) words "
      + "that it knows are \(words.joined(separator: ", "))"
  }
}
