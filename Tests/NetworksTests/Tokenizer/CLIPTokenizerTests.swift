import Networks
import Testing

@Suite("CLIP tokenizer") struct CLIPTokenizerTests {
  /// Holds the ids of every golden prompt against `expected`.
  private func compare(_ tokenizer: CLIPTokenizer, with expected: (GoldenPrompt) -> [Int]) throws {
    let prompts = try GoldenPrompt.all.get()
    #expect(prompts.count == 500)
    for prompt in prompts {
      let found = tokenizer.tokenize(prompt.text)
      let content = found.tokens[found.contentRange] + found.dropped
      let wanted = expected(prompt).map { tokenizer.vocabulary.tokens[$0] }
      #expect(content.map(\.text) == wanted, "\(prompt.text.debugDescription)")
    }
  }

  @Test("ids equal transformers' on 500 prompts, small vocabulary")
  func smallVocabulary() throws {
    try compare(Vocabularies.small.get(), with: \.small)
  }

  @Test(
    "ids equal transformers' on 500 prompts, CLIP's vocabulary",
    .enabled(if: Vocabularies.hasFull, Comment(rawValue: Vocabularies.absence)))
  func fullVocabulary() throws {
    try compare(Vocabularies.full.get(), with: \.full)
  }

  @Test(
    "the vector everyone quotes",
    .enabled(if: Vocabularies.hasFull, Comment(rawValue: Vocabularies.absence)))
  func knownVector() throws {
    let tokenizer = try Vocabularies.full.get()
    let ids = tokenizer.tokenize("a photo of an astronaut riding a horse on mars").ids
    let start = [49406, 320, 1125, 539, 550, 18376, 6765, 320, 4558, 525, 7496, 49407]
    #expect(ids == start + Array(repeating: 49407, count: 65))
  }

  @Test("every sequence is as long as the model takes, and nothing is lost on the way")
  func lengths() throws {
    let tokenizer = try Vocabularies.small.get()
    for prompt in try GoldenPrompt.all.get() {
      let found = tokenizer.tokenize(prompt.text)
      #expect(found.ids.count == 77)
      #expect(found.ids.first == tokenizer.startID)
      #expect(found.contentRange.count + found.dropped.count == prompt.small.count)
      #expect(found.dropped.isEmpty == (prompt.small.count <= 75))
      let rest = found.ids[found.contentRange.upperBound...]
      #expect(rest.first == tokenizer.endID)
      #expect(rest.dropFirst().allSatisfy { $0 == tokenizer.paddingID })
    }
  }

  @Test("ids decode to the text that transformers gives")
  func decoding() throws {
    let tokenizer = try Vocabularies.small.get()
    for prompt in try GoldenPrompt.all.get() {
      let text = tokenizer.decode(prompt.small)
      #expect(
        text.unicodeScalars.elementsEqual(prompt.decoded.unicodeScalars),
        "\(prompt.text.debugDescription)")
    }
    #expect(
      tokenizer.decode([tokenizer.startID], skippingSpecialTokens: false) == "<|startoftext|>")
  }

  @Test("an added token is found as it is written, or in any case where it is normalised")
  func addedTokens() throws {
    let vocabulary = try Vocabularies.small.get().vocabulary
    func ids(_ prompt: String, normalized: Bool) throws -> [Int] {
      let found = try CLIPTokenizer(
        vocabulary: vocabulary,
        addedTokens: [.init("<|endoftext|>", isNormalized: normalized)]
      ).tokenize(prompt)
      return found.tokens[found.contentRange].map(\.id)
    }
    let end = try #require(vocabulary.id(of: "<|endoftext|>"))
    for normalized in [false, true] {
      #expect(try ids("<|endoftext|>", normalized: normalized) == [end])
      #expect(try ids("<|ENDOFTEXT|>", normalized: normalized).contains(end) == normalized)
    }
  }

  @Test("a special token that the vocabulary lacks is refused by name")
  func unknownToken() throws {
    let vocabulary = try BytePairVocabulary(merges: [], specialTokens: ["<|startoftext|>"])
    #expect(throws: TokenizerError.unknownToken("<|endoftext|>", vocabularyCount: 513)) {
      try CLIPTokenizer(vocabulary: vocabulary)
    }
  }

  @Test("a word of 200,000 letters takes no more than its length justifies")
  func longWord() throws {
    let found = try Vocabularies.small.get().tokenize(String(repeating: "ab", count: 100_000))
    #expect(found.words.count == 1)
    #expect(found.dropped.count > 10_000)
  }
}
