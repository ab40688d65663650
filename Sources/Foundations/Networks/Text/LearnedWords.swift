import Checkpoints
import Tensors

extension CLIPTextModel {
  /// The encoder and its tokenizer with words that somebody taught it: rows behind the tokens that the
  /// tokenizer has. All other parameters are shared with this encoder, which stays as it is.
  /// - Throws: `LearnedWordError` for a word that fits neither.
  public func learning(
    _ words: [LearnedWord], by tokenizer: CLIPTokenizer
  ) throws -> (encoder: CLIPTextModel, tokenizer: CLIPTokenizer) {
    guard !words.isEmpty else { return (self, tokenizer) }
    var learned = tokenizer
    for word in words {
      guard word.vectors.shape[1] == configuration.width else {
        throw LearnedWordError.width(
          file: word.file, word: word.text, expected: configuration.width,
          found: word.vectors.shape[1])
      }
      let places = tokenizer.modelMaxLength - 2
      guard word.count <= places else {
        throw LearnedWordError.room(
          file: word.file, word: word.text, vectors: word.count, places: places)
      }
      do { learned = try learned.learning(word.text, count: word.count) } catch {
        if case .known(let text) = error {
          throw LearnedWordError.known(file: word.file, word: text)
        }
        throw LearnedWordError.name(file: word.file, word: word.text)
      }
    }
    let rows = Tensor.concatenated(words.map(\.vectors), along: 0)
    return (try replacingTokens(by: rows, from: tokenizer.vocabulary.tokens.count), learned)
  }

  /// The table of tokens, shape [V, D].
  public var tokenTable: Tensor { tokenEmbedding.weight.value }

  /// The same encoder with other rows in its table of tokens, which grows where they go beyond its end.
  private func replacingTokens(by rows: Tensor, from first: Int) throws -> CLIPTextModel {
    let old = tokenEmbedding.weight
    let end = first + rows.shape[0]
    var configuration = configuration
    configuration.vocabularySize = max(configuration.vocabularySize, end)
    let table = Parameter(
      name: old.name, shape: [configuration.vocabularySize, configuration.width],
      origin: old.origin
    ) {
      let before = old.value
      let behind = end < before.shape[0] ? [before.rows(end..<before.shape[0])] : []
      return .concatenated([before.rows(0..<first), rows] + behind, along: 0)
    }
    return try CLIPTextModel(
      configuration, in: .sharing(parameters.map { $0.name == table.name ? table : $0 }))
  }
}

extension [LearnedWord] {
  /// One line that says which of the words stand in none of some prompts; nil when all do.
  public func notice(for prompts: [TokenizedPrompt]) -> String? {
    let written = Set(
      prompts.flatMap { prompt in
        prompt.tokens.compactMap { $0.word == nil ? nil : $0.text }
      })
    let unheard = filter { !written.contains($0.text) }.map { "'\($0.text)'" }
    guard let last = unheard.last, let prompt = prompts.first?.prompt else { return nil }
    return "\(unheard.count == 1 ? "the learned word" : "the learned words") "
      + (unheard.dropLast().isEmpty ? "" : unheard.dropLast().joined(separator: ", ") + " and ")
      + "\(last) \(unheard.count == 1 ? "is" : "are") not in the prompt “\(prompt.prefix(60))”"
  }
}
