import Networks
import Testing

@Suite("Byte-pair merging") struct BytePairMergingTests {
  private func vocabulary(_ merges: [(String, String)]) throws -> BytePairVocabulary {
    try BytePairVocabulary(
      merges: merges.map { (left: $0.0, right: $0.1) }, specialTokens: ["<|endoftext|>"])
  }

  private func spelled(_ word: String, _ vocabulary: BytePairVocabulary) -> [String] {
    vocabulary.tokens(ofWord: word.utf8, unknown: 0).map { vocabulary.tokens[$0] }
  }

  @Test("the lowest rank wins, not the leftmost or the longest pair")
  func lowestRank() throws {
    let pairs = [("a", "b"), ("b", "c</w>"), ("ab", "c</w>")]
    #expect(try spelled("abc", vocabulary(pairs)) == ["abc</w>"])
    #expect(try spelled("abc", vocabulary([pairs[1], pairs[0]])) == ["a", "bc</w>"])
  }

  @Test("overlapping pairs are taken from the left")
  func overlaps() throws {
    let vocabulary = try vocabulary([("a", "a"), ("aa", "aa")])
    #expect(spelled("aaaaab", vocabulary) == ["aaaa", "a", "b</w>"])
    #expect(spelled("aaab", vocabulary) == ["aa", "a", "b</w>"])
  }

  @Test("the end of a word belongs to its last symbol")
  func endOfWord() throws {
    let vocabulary = try vocabulary([("a", "b")])
    #expect(spelled("ab", vocabulary) == ["a", "b</w>"])
    #expect(spelled("abc", vocabulary) == ["ab", "c</w>"])
    #expect(spelled("a", vocabulary) == ["a</w>"])
    #expect(spelled("", vocabulary) == [])
  }

  @Test("a byte that the vocabulary lacks becomes the unknown token")
  func unknownBytes() throws {
    let vocabulary = try BytePairVocabulary(tokens: ["a", "a</w>", "?"], merges: [])
    #expect(vocabulary.tokens(ofWord: "aba".utf8, unknown: 2) == [0, 2, 1])
  }

  @Test("the trace leads from the bytes to the tokens, one symbol fewer each step")
  func trace() throws {
    let tokenizer = try Vocabularies.small.get()
    let vocabulary = tokenizer.vocabulary
    for prompt in try GoldenPrompt.all.get().prefix(400) {
      for word in tokenizer.tokenize(prompt.text).words where word.addedToken == nil {
        let trace = tokenizer.mergeTrace(of: word)
        let bytes = vocabulary.symbols(of: trace, afterSteps: 0)
        #expect(bytes.count == word.text.utf8.count)
        for count in 1..<(trace.steps.count + 1) where trace.steps.count < 40 {
          let symbols = vocabulary.symbols(of: trace, afterSteps: count)
          #expect(symbols.count == bytes.count - count)
          let text = symbols.map { vocabulary.tokens[$0] }.joined()
          #expect(
            text == ByteAlphabet.spelling(of: word.text.utf8) + ByteAlphabet.endOfWord)
        }
        #expect(
          vocabulary.symbols(of: trace, afterSteps: trace.steps.count)
            == vocabulary.tokens(ofWord: word.text.utf8, unknown: tokenizer.unknownID))
      }
    }
  }

  @Test("the queue gives what a search of all pairs gives")
  func againstSearch() throws {
    let vocabulary = try Vocabularies.small.get().vocabulary
    for prompt in try GoldenPrompt.all.get() {
      let word = Array(prompt.text.utf8.prefix(60))
      guard let last = word.last else { continue }
      // Readable and quadratic: look at every pair, merge the best, start over.
      var symbols = word.dropLast().map { ByteAlphabet.spelling(of: [$0]) }
      symbols.append(ByteAlphabet.spelling(of: [last]) + ByteAlphabet.endOfWord)
      var ids = symbols.compactMap(vocabulary.id(of:))
      while let best = (0..<max(ids.count - 1, 0))
        .filter({ vocabulary.rank(joining: ids[$0], ids[$0 + 1]) != nil })
        .min(by: {
          (vocabulary.rank(joining: ids[$0], ids[$0 + 1]) ?? 0, $0)
            < (vocabulary.rank(joining: ids[$1], ids[$1 + 1]) ?? 0, $1)
        }), let rank = vocabulary.rank(joining: ids[best], ids[best + 1])
      {
        ids.replaceSubrange(best...best + 1, with: [vocabulary.merges[rank].result])
      }
      #expect(vocabulary.tokens(ofWord: word, unknown: 0) == ids)
    }
  }
}
