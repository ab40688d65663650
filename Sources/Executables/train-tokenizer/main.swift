// Learns the byte-pair vocabulary of the shipped model from storybook captions and writes it as the
// `tokenizer/` folder of a diffusers model.

import ArgumentParser
import Foundation
import Training

struct TrainTokenizer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-tokenizer",
    abstract: "Learn a byte-pair vocabulary from the storybook's captions.",
    discussion: "Example: train-tokenizer --output fixtures/model/tokenizer")

  @Option(help: "The folder to write: vocab.json, merges.txt and what goes with them.")
  var output: String

  @Option(help: "How many captions to read.")
  var count = 20_000

  @Option(help: "The seed of the scenes.")
  var seed: UInt64 = 0

  func validate() throws {
    guard 1...1_000_000 ~= count else {
      throw ValidationError(
        "--count: expected a whole number from 1 to 1000000, found \(count)")
    }
  }

  func run() throws {
    let tokenizer = try StorybookTokenizer.trained(count: count, seed: seed)
    let folder = URL(fileURLWithPath: output)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in tokenizer.files.sorted(by: { $0.key < $1.key }) {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name), options: .atomic)
      print(folder.appendingPathComponent(name).relativePath, text.utf8.count)
    }
    print("tokens", tokenizer.vocabulary.tokens.count)
    print("merges", tokenizer.vocabulary.merges.count)
  }
}

TrainTokenizer.main()
