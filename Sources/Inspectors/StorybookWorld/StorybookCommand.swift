import ArgumentParser
import Commands
import Storybook

/// `storybook`: the world of captioned scenes that the shipped model learned from.
public struct StorybookCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "storybook",
    abstract: "The world of captioned scenes, with a mask for every word.",
    discussion: """
      Draws scenes number 0, 1, 2, … of a seed, with their captions and, for every word that names \
      something, where in the picture it is. Measures how evenly the world is drawn and how its \
      pictures' power falls with frequency.

      Example: storybook --count 1000 --dataset --split held-out --output outputs/scenes
      """, version: Versions.line)

  /// Which combinations of attributes are drawn.
  enum Split: String, CaseIterable, ExpressibleByArgument {
    case training
    case heldOut = "held-out"
    case both

    var value: SceneSampler.Split? { SceneSampler.Split(rawValue: rawValue) }
  }

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many scenes; the page shows the first 48 of them.", valueName: "n"))
  var count = 48

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Pixels on each side; the shipped model has 128.", valueName: "n"))
  var size = 128

  @Option(
    help: ArgumentHelp(
      "training; held-out, the tenth of all combinations that training never meets; or both.",
      valueName: "name"))
  var split = Split.both

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The seed of the world: scene i of a seed is always the same.", valueName: "n")
  )
  var seed: UInt64 = 42

  @Flag(
    help: """
      Also write every scene as a data set: dataset/pictures and dataset/masks as PNG, and \
      dataset/captions.csv.
      """)
  var dataset = false

  @OptionGroup public var options: RunOptions

  public init() {}

  /// The most scenes on a page.
  static let mostShown = 48

  public mutating func validate() throws {
    try Check.range("--count", count, 1...100_000)
    try Check.range("--size", size, 16...1024)
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    let experiment = try run.stage("measuring", of: StorybookExperiment.stages) { advance in
      StorybookExperiment(
        seed: seed, split: split.value, size: size, count: min(count, Self.mostShown),
        advance: advance)
    }
    let batches = SceneBatches(seed: seed, split: split.value, size: size)
    let files = StorybookFiles(experiment: experiment, batches: batches, count: count)
    try run.stage("pictures") { _ in try files.write(to: run.output) }
    if dataset {
      try run.stage("data set", of: count) { advance in
        try files.writeDataset(to: run.output, advance: advance)
      }
    }
    let page = StorybookPage(experiment: experiment, splitName: split.rawValue)
    return Findings(page: page.page(), summary: page.summary, seed: seed)
  }
}
