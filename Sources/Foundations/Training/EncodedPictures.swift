import LatentDiffusion
import Tensors

/// Pictures as latents: encoded once, drawn from at every step.
///
/// Of a KL autoencoder's latents mean and σ are kept, so that each use is a fresh draw from
/// q(z | x), as the LDM paper trains on.
package struct EncodedPictures {
  /// [N, z, h, w], scaled by the first stage's `latentScale`.
  private let means: Tensor
  /// σ, likewise scaled; nil where a latent has none.
  private let deviations: Tensor?

  package var count: Int { means.shape[0] }

  /// Encodes pictures, [B, 3, H, W] in [−1, 1].
  package init(_ pictures: Tensor, by firstStage: FirstStage) {
    let latents = firstStage.distribution(pictures)
    means = firstStage.scaled(latents.mean)
    deviations = latents.posterior?.standardDeviation.scaled(by: Float(firstStage.latentScale))
  }

  /// Joins what one first stage encoded.
  package init(joining parts: [EncodedPictures]) {
    means = .concatenated(parts.map(\.means), along: 0)
    let all = parts.compactMap(\.deviations)
    deviations = all.isEmpty ? nil : .concatenated(all, along: 0)
  }

  /// The standard deviation of the scaled latents: near 1 where `latentScale` is right.
  package var standardDeviation: Double { means.moments.std }

  /// Latents of some pictures, [indices.count, z, h, w].
  package func latents(_ indices: [Int], generator: TorchGenerator) -> Tensor {
    let mean = means.gathering(indices)
    guard let deviations else { return mean }
    return mean + deviations.gathering(indices) * generator.normal(mean.shape)
  }
}

extension Tensor {
  /// Some rows, in the order of `indices`.
  package func gathering(_ indices: [Int]) -> Tensor {
    .concatenated(indices.map { rows($0..<$0 + 1) }, along: 0)
  }
}
