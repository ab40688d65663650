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

  @Option(
    help: ArgumentHelp(
      "Channels of each stage; every stage halves the picture.", valueName: "list"))
  var widths = "16,32,64,96,128"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Groups of channels that are normalised together.", valueName: "n"))
  var groups = 8

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
    _ = try architecture()
  }

  private func architecture() throws -> SceneClassifierConfiguration {
    var configuration = SceneClassifierConfiguration()
    configuration.stageChannels = try Values.wholeNumbers("--widths", widths, like: "16,32,64")
    configuration.normGroups = groups
    try Check.range("--groups", groups, 1...1024)
    for width in configuration.stageChannels { try Check.range("--widths", width, 1...1024) }
    do { try configuration.validate(file: "--widths") } catch let error as JSONError {
      throw ValidationError(error.description)
    }
    return configuration
  }

  public func inspect(_ run: InspectorRun) throws -> Findings {
    var training = ClassifierTraining()
    training.configuration = try architecture()
    (training.seed, training.steps, training.batchSize) = (seed, steps, batch)
    training.learningRate = learningRate

    var trace = TrainingTrace(columns: ["loss", "accuracy", "learning_rate"])
    let network = try run.stage("training", of: steps) { advance in
      try training.train { progress in
        trace.append([progress.loss, progress.accuracy, progress.learningRate])
        advance()
      }
    }
    run.hasTrained(steps: steps)
    let evaluations = try run.stage("held-out scenes") { _ in
      [
        ClassifierEvaluation("as drawn", network, count: heldOut, augmentation: nil),
        ClassifierEvaluation("worn", network, count: heldOut, augmentation: training.augmentation),
      ]
    }
    try write(network, trace, evaluations, to: run.output)
    let page = TrainClassifierPage(network: network, trace: trace, evaluations: evaluations)
    return Findings(page: page.page(), summary: page.summary, seed: seed)
  }

  private func write(
    _ network: SceneClassifier, _ trace: TrainingTrace, _ evaluations: [ClassifierEvaluation],
    to output: RunOutput
  ) throws {
    try output.write(network.configuration.json.serialized, as: "config.json")
    try output.writeFile(as: "model.safetensors") {
      try SafetensorsFile.write(NetworkWeights(network), as: .float16, to: $0)
    }
    try output.write(trace.table, as: "trace.csv")
    let accuracy = CSVTable(
      evaluations.flatMap { evaluation in evaluation.scores.map { (evaluation, score: $0) } },
      [
        Column("pictures", \.0.name), Column("attribute", \.score.name),
        Column("scenes", \.0.count), Column("right", \.score.right),
      ])
    try output.write(accuracy, as: "accuracy.csv")
  }
}
