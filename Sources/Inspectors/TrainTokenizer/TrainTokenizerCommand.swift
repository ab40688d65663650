import ArgumentParser
import Commands
import Foundation
import Training

/// `train-tokenizer`: a byte-pair vocabulary, learned from captions.
public struct TrainTokenizerCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train-tokenizer",
    abstract: "Learn a byte-pair vocabulary from the storybook's captions.",
    discussion: """
      Every word begins as its bytes; the pair of neighbours that occurs most often becomes a symbol \
      of its own, again and again, until each word is whole. The run folder holds the vocabulary as \
      the `tokenizer` folder of a diffusers model, and what each merge saved.

      Example: train-tokenizer --count 1000 --output outputs/small-vocabulary
      """, version: Versions.line)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many captions to read.", valueName: "n"))
  var count = 20_000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The seed of the scenes whose captions are read.", valueName: "n"))
  var seed: UInt64 = 0

  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws { try Check.range("--count", count, 1...1_000_000) }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let vocabulary = try run.stage("reading captions") { _ in
      try LearnedVocabulary(captions: count, seed: seed)
    }
    for (name, text) in vocabulary.tokenizer.files.sorted(by: { $0.key < $1.key }) {
      try run.output.write(text, as: "tokenizer/\(name)")
    }
    try run.output.write(vocabulary.table, as: "merges.csv")
    let page = TrainTokenizerPage(vocabulary)
    return Findings(page: page.page(), summary: page.summary, seed: seed)
  }
}
