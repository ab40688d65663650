import Foundation
import Tensors

/// q(z | x) = N(μ, diag σ²): what a KL autoencoder says of an image's latent (LDM,
/// arXiv:2112.10752, §G).
public struct DiagonalGaussian: Sendable {
  /// μ, shape [B, z, h, w]
  public let mean: Tensor
  /// ln σ², limited to [−30, 20], same shape
  public let logVariance: Tensor

  /// - Parameter moments: mean and unlimited log-variance, [B, 2z, h, w]
  public init(moments: Tensor) {
    precondition(
      moments.rank == 4 && moments.shape[1] % 2 == 0,
      "expected mean and log-variance [B, 2z, h, w], found \(moments.shape)")
    let channels = moments.shape[1] / 2
    mean = moments.slice(0..<channels, along: 1)
    logVariance = moments.slice(channels..<2 * channels, along: 1).clamped(to: -30...20)
  }

  /// σ, same shape as the mean.
  public var standardDeviation: Tensor { logVariance.map { exp(0.5 * $0) } }

  /// μ + σ·ε
  /// - Parameter noise: ε ~ N(0, I), same shape as the mean.
  public func sample(noise: Tensor) -> Tensor { mean + standardDeviation * noise }

  /// KL(q(z | x) ‖ N(0, I)) = ½·Σ(μ² + σ² − 1 − ln σ²) of each image, in nats (Kingma, Welling
  /// 2013, arXiv:1312.6114, App. B).
  public var divergenceFromPrior: [Double] {
    let count = mean.count / max(mean.shape[0], 1)
    return (0..<mean.shape[0]).map { image in
      let (means, logVariances) = (
        mean.rows(image..<image + 1), logVariance.rows(image..<image + 1)
      )
      return means.withUnsafeElements { means in
        logVariances.withUnsafeElements { logs in
          (0..<count).reduce(0) { sum, i in
            let (mean, log) = (Double(means[i]), Double(logs[i]))
            return sum + 0.5 * (mean * mean + exp(log) - 1 - log)
          }
        }
      }
    }
  }
}
