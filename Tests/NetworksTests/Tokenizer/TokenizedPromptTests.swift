import Networks
import Testing

@Suite("Tokenized prompt") struct TokenizedPromptTests {
  @Test("subtokens lead back to their word")
  func words() throws {
    let found = try Vocabularies.small.get().tokenize("A cyberpunk boat, at night")
    #expect(found.words.map(\.text) == ["a", "cyberpunk", "boat", ",", "at", "night"])
    #expect(found.positions(ofWord: 0) == 1..<2)
    let cyberpunk = found.positions(ofWord: 1)
    #expect(cyberpunk.lowerBound == 2 && cyberpunk.count > 1)
    #expect(
      found.tokens[cyberpunk].map(\.text).joined() == "cyberpunk</w>")
    #expect(found.prompt[found.words[1].range] == "cyberpunk")
    #expect(found.contentRange.flatMap { found.tokens[$0].word.map { [$0] } ?? [] }.max() == 5)
  }

  @Test("truncation is reported with the tokens and the text that were lost")
  func truncation() throws {
    let vocabulary = try Vocabularies.small.get().vocabulary
    let tokenizer = try CLIPTokenizer(vocabulary: vocabulary, modelMaxLength: 5)
    let whole = tokenizer.tokenize("the red house")
    #expect(whole.dropped.isEmpty && whole.droppedText == nil && whole.truncationNotice == nil)
    let cut = tokenizer.tokenize("the red house, at Night 🌙")
    #expect(cut.ids.count == 5)
    #expect(cut.dropped.prefix(3).map(\.text) == [",</w>", "at</w>", "night</w>"])
    #expect(cut.droppedText == ", at Night 🌙")
    let notice = try #require(cut.truncationNotice)
    #expect(notice.contains("takes 3") && notice.contains("“, at Night 🌙”"))
    #expect(cut.positions(ofWord: 4).isEmpty)
  }

  @Test("typographic quotation marks, which other programs make straight, are told")
  func quotationMarks() throws {
    let tokenizer = try CLIPTokenizer(vocabulary: Vocabularies.small.get().vocabulary)
    let apostrophe = try #require(tokenizer.tokenize("it’s a boat").quotationNotice)
    #expect(apostrophe.contains("has ’,") && apostrophe.contains("reads ':"))
    let all = try #require(tokenizer.tokenize("it’s a “red” boat").quotationNotice)
    #expect(all.contains("has ’ “ ”,") && all.contains("reads ' and \":"))
    #expect(tokenizer.tokenize("it's a \"red\" boat").quotationNotice == nil)
  }

  @Test("a word that is cut in two belongs to what was dropped")
  func cutWord() throws {
    let vocabulary = try Vocabularies.small.get().vocabulary
    let tokenizer = try CLIPTokenizer(vocabulary: vocabulary, modelMaxLength: 4)
    let found = tokenizer.tokenize("a cyberpunk boat")
    #expect(found.droppedText == "cyberpunk boat")
    #expect(found.positions(ofWord: 1) == 2..<3)
  }
}
