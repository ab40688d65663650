import LatentDiffusion
import Networks
import Storybook
import Tensors

/// The scenes of a run as latents: encoded once, drawn from at every step.
///
/// Of a KL autoencoder's latents mean and σ are kept, so that each use is a fresh draw from
/// q(z | x), as the LDM paper trains on.
struct LatentPool {
  /// [N, z, h, w], scaled by the model's `latentScale`.
  let means: Tensor
  /// σ, likewise scaled; nil where a latent has none.
  let deviations: Tensor?
  let scenes: [Scene]

  var count: Int { scenes.count }

  /// - Parameters:
  ///   - size: of the pictures.
  ///   - progress: called after each batch of `batch` scenes.
  init(
    scenes count: Int, seed: UInt64, size: Int, firstStage: FirstStage,
    progress: () -> Void = {}
  ) {
    let batches = SceneBatches(seed: seed, split: .training, size: size)
    var scenes: [Scene] = []
    var means: [Tensor] = []
    var deviations: [Tensor] = []
    for first in stride(from: 0, to: count, by: Self.batch) {
      let batch = batches.batch(first..<min(first + Self.batch, count))
      scenes += batch.scenes
      let scale = Float(firstStage.latentScale)
      switch firstStage {
      case .kl(let autoencoder):
        let posterior = autoencoder.encode(batch.pictures)
        means.append(posterior.mean.scaled(by: scale))
        deviations.append(posterior.standardDeviation.scaled(by: scale))
      case .vq(let autoencoder):
        means.append(autoencoder.encode(batch.pictures).scaled(by: scale))
      case .pixels: means.append(batch.pictures)
      }
      progress()
    }
    self.scenes = scenes
    self.means = .concatenated(means, along: 0)
    self.deviations = deviations.isEmpty ? nil : .concatenated(deviations, along: 0)
  }

  static let batch = 32

  /// The standard deviation of the scaled latents: near 1 where `latentScale` is right.
  var standardDeviation: Double { means.moments.std }

  /// Latents of some scenes, [indices.count, z, h, w].
  func latents(_ indices: [Int], generator: TorchGenerator) -> Tensor {
    let mean = gather(means, indices)
    guard let deviations else { return mean }
    return mean + gather(deviations, indices) * generator.normal(mean.shape)
  }

  private func gather(_ tensor: Tensor, _ indices: [Int]) -> Tensor {
    .concatenated(indices.map { tensor.rows($0..<$0 + 1) }, along: 0)
  }
}
