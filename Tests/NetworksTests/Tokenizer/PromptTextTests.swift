import Networks
import Testing

@Suite("From a prompt to words") struct PromptTextTests {
  private func words(_ prompt: String) throws -> [String] {
    try Vocabularies.small.get().tokenize(prompt).words.map(\.text)
  }

  @Test(
    "the pattern's alternatives",
    arguments: [
      ("don't we'll", ["don", "'t", "we", "'ll"]), ("'sup", ["'s", "up"]), ("!'s", ["!'", "s"]),
      ("2024", ["2", "0", "2", "4"]), ("a1b", ["a", "1", "b"]), ("wow!!! x", ["wow", "!!!", "x"]),
      ("A  Cat", ["a", "cat"]), ("½Ⅳ", ["½", "ⅳ"]), ("猫cat", ["猫cat"]), ("🐱cat", ["🐱", "cat"]),
      ("<|ENDOFTEXT|>!", ["<|", "endoftext", "|>", "!"]), (" \u{a0}\u{3000}\n", []),
    ])
  func pattern(prompt: String, expected: [String]) throws {
    #expect(try words(prompt) == expected)
  }

  @Test("composed and decomposed accents give the same ids")
  func composition() throws {
    let tokenizer = try Vocabularies.small.get()
    #expect(
      tokenizer.tokenize("e\u{301} A\u{30a} 한").ids
        == tokenizer.tokenize("\u{e9} \u{c5} \u{1112}\u{1161}\u{11ab}").ids)
  }

  @Test("İ becomes i and a dot, each a word with the range of the letter")
  func turkishI() throws {
    let found = try Vocabularies.small.get().tokenize("xİz")
    #expect(found.words.map(\.text) == ["xi", "\u{307}", "z"])
    #expect(found.words.map { found.prompt[$0.range] } == ["xİ", "İ", "z"])
  }

  @Test("white space runs collapse in the normalised text")
  func whiteSpace() throws {
    #expect(try Vocabularies.small.get().tokenize(" A \t\r\n\u{2003}b ").normalized == " a b ")
  }

  @Test("the range of every word holds the text that the word came from")
  func ranges() throws {
    let tokenizer = try Vocabularies.small.get()
    for prompt in try GoldenPrompt.all.get() {
      let found = tokenizer.tokenize(prompt.text)
      for word in found.words where word.addedToken == nil {
        let source = tokenizer.tokenize(String(found.prompt[word.range]))
        #expect(
          Array(source.normalized.utf8).contains(Array(word.text.utf8)),
          "\(word.text.debugDescription) in \(found.prompt.debugDescription)")
      }
    }
  }
}
