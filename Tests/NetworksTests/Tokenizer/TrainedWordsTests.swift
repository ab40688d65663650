import Networks
import Testing

@Suite("Words that a model was trained on") struct TrainedWordsTests {
  private let words = TrainedWords(["red", "a", "boat", "a"])

  @Test("others are named as they were written, each once")
  func unknown() throws {
    let tokenizer = try Vocabularies.small.get()
    let prompt = tokenizer.tokenize("A red Castle, a castle and a RED boat")
    #expect(words.words == ["a", "boat", "red"])
    #expect(words.unknown(in: prompt) == ["Castle", ",", "and"])
    let notice = try #require(words.notice(for: [prompt, tokenizer.tokenize("a dragon")]))
    #expect(notice.contains("never met 'Castle', ',', 'and', 'dragon' when"))
    #expect(notice.hasSuffix("the 3 words that it knows are a, boat, red"))
    #expect(words.notice(for: [tokenizer.tokenize("a red boat"), tokenizer.tokenize("")]) == nil)
  }

  @Test("what does not fit is told by the notice of truncation, not here")
  func cutOff() throws {
    let vocabulary = try Vocabularies.small.get().vocabulary
    let tokenizer = try CLIPTokenizer(vocabulary: vocabulary, modelMaxLength: 4)
    #expect(words.notice(for: [tokenizer.tokenize("a red castle")]) == nil)
  }

  @Test("a model that does not say what it knows is not judged")
  func silent() throws {
    let prompt = try Vocabularies.small.get().tokenize("a castle")
    #expect(TrainedWords([]).notice(for: [prompt]) == nil)
  }

  @Test("a long list is cut short")
  func many() throws {
    let prompt = try Vocabularies.small.get().tokenize("1 2 3 4 5 6 7 8 9 0")
    #expect(try #require(words.notice(for: [prompt])).contains("'8' and 2 more"))
  }
}
