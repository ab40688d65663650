import ArgumentParser
import Checkpoints
import Commands
import Diagnostics
import Foundation
import JSON
import Networks
import Pages
import Records
import Storybook
import Training

/// `train-classifier`: a network that says what a storybook picture shows.
public struct TrainClassifierCommand: InspectorCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train-classifier",
    abstract: "Train a network that reads storybook pictures.",
    discussion: """
      Trains on scenes that are drawn as they are needed and augmented with what a decoder does to pictures, and \
      measures itself on combinations of attributes that it never met. Two such networks are bundled: \
      one whose features an autoencoder's perceptual loss compares, and one that measures what a \
      model draws and takes no part in training it.

      Example: train-classifier --seed 1 --steps 2000 --output outputs/perceptual
      """, version: Versions.line)

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many training steps.", valueName: "n"))
  var steps = 2000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many pictures each step sees.", valueName: "n")
  )
  var batch = 32

  @Flag(help: "Read what every place of a picture shows, with a U-Net, not the picture as a whole.")
  var places = false

  @Option(
    help: ArgumentHelp(
      "Channels of each stage; every stage halves the picture. (default: 16,32,64,96,128; with --places 16,32,64,64)",
      valueName: "list"))
  var widths: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Groups of channels that are normalised together. (default: 8)", valueName: "n"))
  var groups: Int?

  @Option(decimal: "The highest learning rate.", valueName: "rate")
  var learningRate = 5e-3

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many held-out scenes to measure on.", valueName: "n"))
  var heldOut = 2000

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The seed of the first weights, of the scenes and of their augmentation.", valueName: "n"))
  var seed: UInt64 = 1

  @OptionGroup public var options: RunOptions

  public init() {}

  public mutating func validate() throws {
    try Check.range("--steps", steps, 1...1_000_000)
    try Check.range("--batch", batch, 1...4096)
    try Check.range("--held-out", heldOut, 1...100_000)
    try Check.range("--learning-rate", learningRate, 1e-8...1)
    try Check.together(with: "a reader of whole pictures", !places, ("--groups", groups != nil))
    if places { _ = try levels() } else { _ = try architecture() }
  }

  private static let placeWidths = "16,32,64,64"

  /// The channels of a U-Net's levels.
  private func levels() throws -> [Int] {
    let widths = widths ?? Self.placeWidths
    let levels = try Values.wholeNumbers("--widths", widths, like: Self.placeWidths)
    guard 2...5 ~= levels.count, levels.allSatisfy({ $0 % 8 == 0 && 8...1024 ~= $0 }) else {
      throw ValidationError("--widths: expected 2 to 5 multiples of 8, found '\(widths)'")
    }
    return levels
  }

  private func architecture() throws -> SceneClassifierConfiguration {
    var configuration = SceneClassifierConfiguration()
    if let widths {
      configuration.stageChannels = try Values.wholeNumbers("--widths", widths, like: "16,32,64")
    }
    configuration.normGroups = groups ?? configuration.normGroups
    try Check.range("--groups", configuration.normGroups, 1...1024)
    for width in configuration.stageChannels { try Check.range("--widths", width, 1...1024) }
    do { try configuration.validate(file: "--widths") } catch let error as JSONError {
      throw ValidationError(error.description)
    }
    return configuration
  }

  /// A reader of either kind after its training.
  private struct Reader {
    let parameterCount: Int
    let configuration: String
    let weights: NetworkWeights
    /// The name of the weights' file.
    let file: String
    let examined: (String, PictureAugmentation?) -> ClassifierEvaluation
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    var training = ClassifierTraining()
    (training.seed, training.steps, training.batchSize) = (seed, steps, batch)
    training.learningRate = learningRate
    var trace = TrainingTrace(columns: ["loss", "accuracy", "learning_rate"])
    let channels = try places ? levels() : architecture().stageChannels
    run.setting("widths", .text(channels.map(String.init).joined(separator: ",")))
    if !places { run.setting("groups", .whole(try architecture().normGroups)) }
    let reader = try run.stage("training", of: steps) { advance in
      try trained(training) { progress in
        trace.append([progress.loss, progress.accuracy, progress.learningRate])
        advance()
      }
    }
    run.hasTrained(steps: steps)
    let worn = places ? training.unshifted : training.augmentation
    let evaluations = try run.stage("held-out scenes") { _ in
      [reader.examined("as drawn", nil), reader.examined("worn", worn)]
    }
    try run.output.write(reader.configuration, as: "config.json")
    try run.output.writeFile(as: reader.file) {
      try SafetensorsFile.write(reader.weights, as: .float16, to: $0)
    }
    try write(trace, evaluations, to: run.output)
    let page = TrainClassifierPage(
      subject: places ? .places : .scenes, parameterCount: reader.parameterCount, trace: trace,
      evaluations: evaluations)
    return Findings(page: page.page(), summary: page.summary, seed: seed)
  }

  private func trained(
    _ training: ClassifierTraining, _ report: (ClassifierTraining.Progress) -> Void
  ) throws -> Reader {
    let count = heldOut
    if places {
      let reader = try training.trainPlaceReader(channels: levels(), report)
      return Reader(
        parameterCount: reader.unet.parameterCount,
        configuration: reader.unet.configuration.json.serialized,
        weights: NetworkWeights(reader.unet), file: "diffusion_pytorch_model.safetensors"
      ) { ClassifierEvaluation($0, reader, count: count, augmentation: $1) }
    }
    var training = training
    training.configuration = try architecture()
    let network = try training.train(report)
    return Reader(
      parameterCount: network.parameterCount, configuration: network.configuration.json.serialized,
      weights: NetworkWeights(network), file: "model.safetensors"
    ) { ClassifierEvaluation($0, network, count: count, augmentation: $1) }
  }

  private func write(
    _ trace: TrainingTrace, _ evaluations: [ClassifierEvaluation], to output: RunOutput
  ) throws {
    try output.write(trace.table, as: "trace.csv")
    let accuracy = CSVTable(
      evaluations.flatMap { evaluation in evaluation.scores.map { (evaluation, score: $0) } },
      [
        Column("pictures", \.0.name), Column("attribute", \.score.name),
        Column("scenes", \.score.count), Column("right", \.score.right),
      ])
    try output.write(accuracy, as: "accuracy.csv")
  }
}
