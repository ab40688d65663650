import Foundation

/// One model of the study: LDM-f, what it cost and what it drew.
package struct StudyModel: Sendable, Equatable {
  /// f
  package var factor: Int
  /// [z, h, w]
  package var latentShape: [Int]
  package var parameters: Int
  /// Pictures of a training step.
  package var batch: Int
  package var trainSteps: Int
  /// Training, in seconds of one core: in all, and the median step.
  package var trainSeconds, stepSeconds: Double
  package var costs: StudyCosts
  /// The scenes themselves through the first stage and back, and their PSNR in decibels.
  package var ceiling: StudyQuality
  package var ceilingPSNR: Double
  package var points: [StudyPoint]
  /// A strip of pictures, PNG, for each point of training; nil for those of the sweep over steps.
  package var strips: [Data?]
  package var losses: [Loss]

  /// A stretch of the loss curve.
  package struct Loss: Sendable, Equatable {
    package var seconds, value: Double

    package init(seconds: Double, value: Double) { (self.seconds, self.value) = (seconds, value) }
  }

  package init(
    factor: Int, latentShape: [Int], parameters: Int, batch: Int, trainSteps: Int,
    trainSeconds: Double, stepSeconds: Double, costs: StudyCosts, ceiling: StudyQuality,
    ceilingPSNR: Double, points: [StudyPoint], strips: [Data?], losses: [Loss]
  ) {
    (self.factor, self.latentShape, self.parameters) = (factor, latentShape, parameters)
    (self.batch, self.trainSteps, self.trainSeconds) = (batch, trainSteps, trainSeconds)
    (self.stepSeconds, self.costs, self.ceiling) = (stepSeconds, costs, ceiling)
    (self.ceilingPSNR, self.points, self.strips) = (ceilingPSNR, points, strips)
    self.losses = losses
  }

  package var name: String { "LDM-\(factor)" }

  /// Training goes on: points with the study's number of sampling steps, by time.
  package func training(samplerSteps: Int) -> [StudyPoint] {
    points.filter { $0.samplerSteps == samplerSteps }.sorted { $0.trainSeconds < $1.trainSeconds }
  }

  /// The finished model with few and with many sampling steps.
  package var sampling: [StudyPoint] {
    // A state file keeps seconds to seven digits.
    let last = (points.map(\.trainSeconds).max() ?? 0) * (1 - 1e-6)
    return points.filter { $0.trainSeconds >= last }.sorted { $0.samplerSteps < $1.samplerSteps }
  }

  /// Operations of training on one picture: a pass forward, and on the way back as much again for
  /// the gradients by the activations and by the weights.
  package var trainFlops: Int { 3 * costs.passFlops }

  package var trainPicturesPerSecond: Double { Double(batch) / stepSeconds }
}

/// What decides the numbers of a study.
package struct StudySettings: Sendable, Equatable {
  package var factors = StudyNetwork.factors
  /// Training of all models together, in seconds of one core.
  package var budget = 60.0
  package var scenes = 512
  /// Captions of an evaluation.
  package var count = 16
  /// How often a model is looked at: at the end of its training, half-way, a quarter of the way...
  package var checkpoints = 3
  /// DDIM steps of these looks.
  package var samplerSteps = 20
  package var seed: UInt64 = 42

  package init() {}

  /// The numbers of steps with which a finished model draws.
  package static let sweep = [5, 10, 20, 50]

  /// Training of each model, in seconds of one core.
  package var share: Double { budget / Double(max(factors.count, 1)) }

  /// When a model is looked at, in seconds of one core: equal steps of log time.
  package var milestones: [Double] {
    (0..<checkpoints).reversed().map { share / Double(1 << $0) }
  }

  /// What a model's state must agree in: a study of some models may go on as one of more, as long as
  /// each has its time.
  var ofOneModel: [String: String] {
    var values = Dictionary(uniqueKeysWithValues: named)
    values["--factor"] = nil
    values["--budget"] = nil
    values["--budget of each model"] = "\(share)"
    return values
  }

  /// For `settings.csv`.
  package var named: [(name: String, value: String)] {
    [
      ("--factor", factors.map(String.init).joined(separator: " ")), ("--budget", "\(budget)"),
      ("--scenes", "\(scenes)"), ("--count", "\(count)"), ("--checkpoints", "\(checkpoints)"),
      ("--steps", "\(samplerSteps)"), ("--seed", "\(seed)"),
    ]
  }

  /// - Returns: nil where a name is missing or its value is none that a study may have.
  init?(named values: [String: String]) {
    guard
      let factors = values["--factor"].map({ $0.split(separator: " ").compactMap { Int($0) } }),
      let budget = values["--budget"].flatMap(Double.init),
      let scenes = values["--scenes"].flatMap(Int.init),
      let count = values["--count"].flatMap(Int.init),
      let checkpoints = values["--checkpoints"].flatMap(Int.init),
      let steps = values["--steps"].flatMap(Int.init),
      let seed = values["--seed"].flatMap(UInt64.init),
      !factors.isEmpty, budget > 0, budget.isFinite, (2...100_000).contains(count),
      (1...20).contains(checkpoints),
      (1...1000).contains(steps)
    else { return nil }
    (self.factors, self.budget, self.scenes, self.count) = (factors, budget, scenes, count)
    (self.checkpoints, samplerSteps, self.seed) = (checkpoints, steps, seed)
  }
}

/// A study: models of one family over first stages of different f, trained equally long.
package struct Study: Sendable, Equatable {
  package var settings: StudySettings
  /// Drawn scenes, read as the models' pictures are: what only a perfect model would reach.
  package var drawn: StudyQuality
  /// Finest space first; only models that were looked at.
  package var models: [StudyModel]
  /// What made it.
  package var command: String
  /// The same study with other seeds.
  package var repeats: [Study] = []

  package init(
    settings: StudySettings, drawn: StudyQuality, models: [StudyModel], command: String
  ) {
    (self.settings, self.drawn, self.models) = (settings, drawn, models)
    self.command = command
  }

  /// The study with one more model; without one it stays as it is.
  func adding(_ model: StudyModel?) -> Study {
    guard let model else { return self }
    var study = self
    study.models = (models + [model]).sorted { $0.factor < $1.factor }
    return study
  }
}
