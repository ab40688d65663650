import Networks

/// Every merge of a prompt in one sequence: word by word, and within a word the lowest rank first.
public struct MergeFilm: Sendable {
  /// One merge.
  public struct Frame: Sendable, Equatable {
    /// The index of the word in the prompt, and of the merge among the word's, both 0-based.
    public let word: Int
    public let step: Int
    /// The place of the merge in the vocabulary's list, 0-based.
    public let rank: Int
    /// The symbols that are joined and what they become, as the vocabulary spells them.
    public let left: String
    public let right: String
    public let result: String
    /// The id of the result.
    public let id: Int
  }

  public let frames: [Frame]
  /// The trace of each word, in the order of the prompt.
  public let traces: [MergeTrace]
  public let vocabulary: BytePairVocabulary

  public init(of prompt: TokenizedPrompt, by tokenizer: CLIPTokenizer) {
    vocabulary = tokenizer.vocabulary
    traces = prompt.words.map(tokenizer.mergeTrace)
    frames = traces.enumerated().flatMap { [vocabulary] word, trace in
      trace.steps.enumerated().map { step, merge in
        let pair = vocabulary.merges[merge.rank]
        return Frame(
          word: word, step: step, rank: merge.rank, left: vocabulary.tokens[pair.left],
          right: vocabulary.tokens[pair.right], result: vocabulary.tokens[pair.result],
          id: pair.result)
      }
    }
  }

  /// How many symbols the prompt is before the first merge: its words' bytes.
  public var byteCount: Int { traces.reduce(0) { $0 + $1.bytes.count } }

  /// How many bytes of the words are not what their tokens spell: 0 if nothing was lost.
  package func misspelledBytes(of prompt: TokenizedPrompt) -> Int {
    zip(prompt.words, traces).reduce(0) { wrong, pair in
      let (word, trace) = pair
      guard word.addedToken == nil else { return wrong }
      let tokens = vocabulary.symbols(of: trace, afterSteps: trace.steps.count)
      let spelled = tokens.map { vocabulary.tokens[$0] }.joined()
      let expected = ByteAlphabet.spelling(of: word.text.utf8) + ByteAlphabet.endOfWord
      let differing = zip(spelled.unicodeScalars, expected.unicodeScalars).count { $0 != $1 }
      return wrong + differing
        + abs(spelled.unicodeScalars.count - expected.unicodeScalars.count)
    }
  }
}
