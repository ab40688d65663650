import JSON
import Networks
import Storybook
import Testing
import TestSupport
import Training

@Suite("The storybook's tokenizer") struct StorybookTokenizerTests {
  static let shipped = Result {
    try CLIPTokenizer(folder: Repository.path("fixtures/model/tokenizer"))
  }

  @Test("what ships is what the captions teach")
  func reproducible() throws {
    let shipped = try Self.shipped.get()
    let trained = try StorybookTokenizer.trained()
    #expect(shipped.vocabulary.tokens == trained.vocabulary.tokens)
    #expect(shipped.vocabulary.merges == trained.vocabulary.merges)
    #expect(shipped.modelMaxLength == trained.modelMaxLength)
  }

  @Test("every word of every caption is one token, but for the words left in pieces")
  func words() throws {
    let tokenizer = try Self.shipped.get()
    let expected = Dictionary(
      uniqueKeysWithValues: StorybookTokenizer.pieces.map { ($0.joined(), $0) })
    var seen: Set<String> = []
    for content in SceneSampler.allContents {
      for word in Caption(content).words where seen.insert(word.text).inserted {
        var pieces = expected[word.text] ?? [word.text]
        pieces[pieces.count - 1] += ByteAlphabet.endOfWord
        let tokens = tokenizer.tokenize(word.text).tokens.filter { $0.word != nil }
        #expect(tokens.map(\.text) == pieces)
      }
    }
    #expect(seen.isSuperset(of: expected.keys))
    #expect(seen.count > 30)
  }

  @Test("the longest caption fits")
  func length() throws {
    let tokenizer = try Self.shipped.get()
    let longest =
      SceneSampler.allContents.lazy
      .flatMap { content in Caption.Template.allCases.map { Caption(content, template: $0).text } }
      .map { text in text.split(separator: " ").reduce(0) { $0 + (Self.pieces[$1] ?? 1) } }
      .max()
    let count = try #require(longest) + 2
    #expect(count == 21)
    #expect(count <= tokenizer.modelMaxLength)
  }

  private static let pieces = Dictionary(
    uniqueKeysWithValues: StorybookTokenizer.pieces.map { (Substring($0.joined()), $0.count) })

  @Test("transformers gives the same ids")
  func golden() throws {
    let tokenizer = try Self.shipped.get()
    let file = Repository.path("fixtures/golden/storybook-tokenizer.json")
    for prompt in try JSONNode(contentsOf: file)["prompts"].elements() {
      let text = try prompt["text"].string()
      let ids = try prompt["ids"].integers()
      #expect(tokenizer.tokenize(text).ids == ids, "\(text)")
    }
  }

  @Test("a person's own words still become bytes that it knows")
  func otherWords() throws {
    let tokenizer = try Self.shipped.get()
    let prompt = tokenizer.tokenize("a café 🙂")
    #expect(prompt.dropped.isEmpty)
    #expect(tokenizer.decode(prompt.ids) == "a café 🙂")
  }
}
