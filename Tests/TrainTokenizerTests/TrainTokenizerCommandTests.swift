import Foundation
import Networks
import Records
import Storybook
import TestSupport
import Testing
import TrainTokenizer

@Suite("train-tokenizer") struct TrainTokenizerCommandTests {
  @Test("its folder is a tokenizer, and merges.csv says how much shorter captions get")
  func files() throws {
    try withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("out")
      let result = try TrainTokenizerCommand.run(
        ["--count", "500", "--seed", "3", "--output", folder.path])
      let tokenizer = try CLIPTokenizer(folder: folder.appendingPathComponent("tokenizer").path)
      #expect(tokenizer.tokenize("a red boat").ids.count == tokenizer.modelMaxLength)
      #expect(result.manifest.seed == 3 && result.manifest.provenance == .analytic)
      let text = try String(
        contentsOf: folder.appendingPathComponent("merges.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      #expect(table.columns == ["rank", "left", "right", "tokens_per_caption"])
      #expect(table.rows.count == tokenizer.vocabulary.merges.count)
      let lengths = try #require(table.numbers("tokens_per_caption"))
      #expect(zip(lengths, lengths.dropFirst()).allSatisfy { $0 >= $1 })
      #expect(try #require(lengths.first) > 2 * #require(lengths.last))
      #expect(try accessibilityProblems(ofPage: result.pagePath) == [])
    }
  }

  @Test("what a merge saves is what the tokenizer then needs")
  func tokensPerCaption() throws {
    let vocabulary = try LearnedVocabulary(captions: 200, seed: 0)
    let scenes = SceneSampler(seed: 0, split: .training)
    let captions = (0..<200).map { scenes[$0].caption.text }
    let tokens = captions.map { caption in
      vocabulary.tokenizer.tokenize(caption).tokens.filter { $0.word != nil }.count
    }
    let letters = captions.map { $0.filter { $0 != " " }.count }
    let (first, last) = (vocabulary.tokensPerCaption.first, vocabulary.tokensPerCaption.last)
    #expect(abs(try #require(last) - Double(tokens.reduce(0, +)) / 200) < 1e-9)
    #expect(abs(try #require(first) - Double(letters.reduce(0, +)) / 200) < 1e-9)
    #expect(vocabulary.words.map(\.count) == vocabulary.words.map(\.count).sorted(by: >))
    let counted = captions.flatMap { $0.split(separator: " ") }.count
    #expect(vocabulary.words.reduce(0) { $0 + $1.count } == counted)
  }

  static let mistakes: [BadInput] = [
    .usage("--count", "0", mentions: "--count"),
    .usage("--count", "-5", mentions: "-5"),
    BadInput("an output that cannot be written", status: 73, mentions: "/proc/") { _ in
      ["--count", "10", "--output", "/proc/nothing"]
    },
  ]

  @Test("answers bad input with one line and the right status", arguments: mistakes)
  func badInput(_ input: BadInput) throws {
    #expect(try input.problems(of: "train-tokenizer") == [])
  }
}
