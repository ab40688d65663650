import Diffusion
import LatentDiffusion
import Networks
import Storybook
import Tensors
import Training

/// Stage two: the U-Net and what tells it of the picture learn together to tell the noise in a noisy latent.
///
///     L_LDM = E ‖ε − ε_θ(z_t, t, τ_θ(y))‖²                   LDM (arXiv:2112.10752) Eq. 3
///
/// Some captions are replaced by the empty one, so that the same network also learns what is likely
/// without a caption: the unconditional half of guidance (Ho, Salimans, arXiv:2207.12598, Alg. 1).
final class DiffusionTrainee: Trainee {
  struct Settings {
    var batch = 32
    var learningRate = LearningRateSchedule(peak: 1e-3, warmUp: 200, steps: 4000)
    /// The share of captions that are left out.
    static let usualUnconditionalShare = 0.1
    var unconditionalShare = usualUnconditionalShare
    /// How often each timestep is asked about.
    var timesteps = TimestepChoice.uniform
    var averageDecay = 0.999
    var seed: UInt64 = 42
  }

  /// Ten equal stretches of timesteps, for each of which the loss is followed by itself.
  static let bins = 10

  let model: TrainingModel
  let settings: Settings
  private let pool: LatentPool
  private let told: ToldConditions
  private let parameters: [Parameter]
  private let optimizer: AdamW
  private let average: ParameterAverage

  init(_ model: TrainingModel, pool: LatentPool, settings: Settings) {
    self.model = model
    self.settings = settings
    self.pool = pool
    told = ToldConditions(pool, model)
    parameters = model.parameters
    optimizer = AdamW(parameters, AdamW.Settings(clipNorm: 1))
    average = ParameterAverage(parameters, decay: settings.averageDecay)
  }

  /// What it learns from.
  var captions: [Caption] { pool.scenes.map(\.caption) }

  let columns =
    ["loss", "gradient_norm", "learning_rate"] + (0..<bins).map { "loss_bin_\($0)" }

  var parts: [String: any TrainingPart] {
    ["model": SavedParameters(parameters), "adamw": optimizer, "average": average]
  }

  func step(_ index: Int) -> [Double] {
    let random = stepGenerator(seed: settings.seed, step: index)
    let scenes = random.integers(in: 0..<pool.count, count: settings.batch)
    let latents = pool.latents(scenes, generator: random)
    let batch = NoisyBatch(
      latents, model.scheduler.schedule, predicting: model.scheduler.predictionType,
      timesteps: settings.timesteps, generator: random)
    let hiding = random.uniform([settings.batch]).elements.map {
      ToldConditions.Hiding(all: Double($0) < settings.unconditionalShare, boxes: random)
    }

    let tape = GradientTape(training: parameters)
    let predicted = told.predict(
      batch, scenes, hiding, generator: random, ForwardPass(tape: tape))
    let scales = batch.timesteps.map {
      settings.timesteps.errorScale($0, of: model.scheduler.schedule)
    }
    let loss = Loss.meanSquaredError(
      predicted.scaledRows(by: scales), batch.target.scaledRows(by: scales))
    let gradients = tape.backward(from: [(predicted, loss.gradient.scaledRows(by: scales))])
    let rate = settings.learningRate[index]
    let norm = optimizer.step(gradients, learningRate: rate)
    average.update()
    return [loss.value, norm, rate] + binned(predicted, batch.target, batch.timesteps)
  }

  /// The loss of each stretch of timesteps; NaN where no sample fell.
  private func binned(_ predicted: Tensor, _ target: Tensor, _ timesteps: [Int]) -> [Double] {
    var sums = [Double](repeating: 0, count: Self.bins)
    var counts = sums
    for (row, t) in timesteps.enumerated() {
      let bin = t * Self.bins / model.scheduler.schedule.count
      sums[bin] += predicted.rows(row..<row + 1).meanSquaredError(
        from: target.rows(row..<row + 1))
      counts[bin] += 1
    }
    return zip(sums, counts).map { $0 / $1 }
  }

  /// Runs `body` with the averaged weights, which are those that ship.
  func withAverage<Result>(_ body: () throws -> Result) rethrows -> Result {
    try average.applied(body)
  }
}

extension Tensor {
  /// Row b of [B, …] times `scales[b]`.
  fileprivate func scaledRows(by scales: [Float]) -> Tensor {
    guard scales.contains(where: { $0 != 1 }) else { return self }
    return .concatenated(
      scales.indices.map { rows($0..<$0 + 1).scaled(by: scales[$0]) }, along: 0)
  }
}
