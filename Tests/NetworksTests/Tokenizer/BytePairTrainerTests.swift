import Networks
import Testing

@Suite("Learning byte pairs") struct BytePairTrainerTests {
  private func merges(_ trainer: BytePairTrainer, limit: Int? = nil) -> [String] {
    trainer.merges(limit: limit).map { "\($0.left) \($0.right)" }
  }

  @Test("the most frequent pair first, then the most frequent of what that leaves")
  func paper() {
    // The dictionary of the paper's Algorithm 1; where it leaves ties open, spelling decides.
    var trainer = BytePairTrainer()
    for (word, count) in [("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)] {
      for _ in 0..<count { trainer.read(word) }
    }
    #expect(merges(trainer, limit: 4) == ["e s", "es t</w>", "l o", "e w"])
    #expect(trainer.counts == ["low": 5, "lower": 2, "newest": 6, "widest": 3])
  }

  @Test("without a limit every word becomes whole")
  func whole() throws {
    var trainer = BytePairTrainer()
    trainer.read("A big BOAT, a bigger boat; and a café")
    let vocabulary = try BytePairVocabulary(merges: trainer.merges(), specialTokens: [])
    for word in ["a", "big", "bigger", "boat", "and", "café"] {
      #expect(vocabulary.tokens(ofWord: word.utf8, unknown: 0).count == 1)
    }
    #expect(trainer.counts["boat"] == 2)
    #expect(trainer.counts["a"] == 3)
  }

  @Test("no merge is learned across a seam")
  func seams() throws {
    var trainer = BytePairTrainer(keepingInPieces: [["rock", "et"]])
    for _ in 0..<3 { trainer.read("rocket tent") }
    let vocabulary = try BytePairVocabulary(merges: trainer.merges(), specialTokens: [])
    func tokens(_ word: String) -> [String] {
      vocabulary.tokens(ofWord: word.utf8, unknown: 0).map { vocabulary.tokens[$0] }
    }
    #expect(tokens("rocket") == ["rock", "et</w>"])
    #expect(tokens("tent") == ["tent</w>"])
  }
}
