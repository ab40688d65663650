import Networks
import Testing

@Suite("Byte-pair vocabulary") struct BytePairVocabularyTests {
  @Test("merges alone number a vocabulary as CLIP's files do")
  func numbering() throws {
    let small = try Vocabularies.small.get().vocabulary
    let rebuilt = try BytePairVocabulary(
      merges: small.merges.map { (small.tokens[$0.left], small.tokens[$0.right]) },
      specialTokens: ["<|startoftext|>", "<|endoftext|>"])
    #expect(rebuilt.tokens == small.tokens)
    #expect(rebuilt.merges == small.merges)
    #expect(rebuilt.id(of: "!") == 0)
    #expect(rebuilt.id(of: "!</w>") == 256)
    #expect(rebuilt.id(of: small.tokens[512]) == 512)
  }

  @Test("a merge of symbols that are not there is refused with its rank")
  func unknownSymbols() {
    #expect(throws: BytePairVocabulary.Fault.unknownSymbol("b", rank: 1)) {
      try BytePairVocabulary(tokens: ["a", "aa", "ab"], merges: [("a", "a"), ("a", "b")])
    }
    #expect(throws: BytePairVocabulary.Fault.unknownSymbol("ba", rank: 0)) {
      try BytePairVocabulary(tokens: ["a", "b"], merges: [("b", "a")])
    }
  }

  @Test("a token that is there twice is refused")
  func repeatedTokens() {
    #expect(throws: BytePairVocabulary.Fault.repeatedToken("a")) {
      try BytePairVocabulary(tokens: ["a", "b", "a"], merges: [])
    }
  }
}
