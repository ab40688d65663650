import LatentDiffusion
import Networks
import Storybook
import Tensors

/// The scenes of a run as latents: encoded once, drawn from at every step.
///
/// Of a KL autoencoder's latents mean and σ are kept, so that each use is a fresh draw from
/// q(z | x), as the LDM paper trains on.
struct LatentPool {
  let scenes: [Scene]
  /// [N, z, h, w], scaled by the model's `latentScale`.
  private let means: Tensor
  /// σ, likewise scaled; nil where a latent has none.
  private let deviations: Tensor?
  /// What is joined to the latents, [N, C, h, w].
  private let conditions: Tensor?

  var count: Int { scenes.count }

  static let batch = 32

  /// - Parameter progress: called after each batch of `batch` scenes.
  init(
    scenes count: Int, split: SceneSampler.Split = .training, seed: UInt64,
    for model: TrainingModel,
    progress: () -> Void = {}
  ) {
    let batches = SceneBatches(seed: seed, split: split, size: model.imageSize)
    var scenes: [Scene] = []
    var (means, deviations, conditions) = ([Tensor](), [Tensor](), [Tensor]())
    for first in stride(from: 0, to: count, by: Self.batch) {
      let batch = batches.batch(
        first..<min(first + Self.batch, count), withMasks: model.condition == .semanticMap)
      scenes += batch.scenes
      if case .kl(let autoencoder) = model.firstStage {
        let posterior = autoencoder.encode(batch.pictures)
        let scale = Float(model.firstStage.latentScale)
        means.append(posterior.mean.scaled(by: scale))
        deviations.append(posterior.standardDeviation.scaled(by: scale))
      } else {
        means.append(model.firstStage.meanLatent(batch.pictures))
      }
      if let joined = model.condition.concatenated(
        batch, from: first, seed: seed, firstStage: model.firstStage)
      {
        conditions.append(joined)
      }
      progress()
    }
    self.scenes = scenes
    self.means = .concatenated(means, along: 0)
    self.deviations = deviations.isEmpty ? nil : .concatenated(deviations, along: 0)
    self.conditions = conditions.isEmpty ? nil : .concatenated(conditions, along: 0)
  }

  /// The standard deviation of the scaled latents: near 1 where `latentScale` is right.
  var standardDeviation: Double { means.moments.std }

  /// Latents of some scenes, [indices.count, z, h, w].
  func latents(_ indices: [Int], generator: TorchGenerator) -> Tensor {
    let mean = gather(means, indices)
    guard let deviations else { return mean }
    return mean + gather(deviations, indices) * generator.normal(mean.shape)
  }

  /// What is joined to the latents of some scenes, [indices.count, C, h, w].
  func concatenated(_ indices: [Int]) -> Tensor? { conditions.map { gather($0, indices) } }

  private func gather(_ tensor: Tensor, _ indices: [Int]) -> Tensor {
    .concatenated(indices.map { tensor.rows($0..<$0 + 1) }, along: 0)
  }
}
