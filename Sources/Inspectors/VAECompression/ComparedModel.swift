import Diagnostics
import Imaging
import LatentDiffusion
import Networks
import Tensors

/// One of the models that are compared: a first stage with a name.
package struct ComparedModel: Sendable {
  /// As tables and pages call it, e.g. `kl-f8`; no two have the same.
  package let name: String
  package let stage: FirstStage
  package let isTrained: Bool
  /// Whether it came along, rather than from the person.
  package let isShipped: Bool

  package init(name: String, stage: FirstStage, isTrained: Bool, isShipped: Bool) {
    (self.name, self.stage) = (name, stage)
    (self.isTrained, self.isShipped) = (isTrained, isShipped)
  }

  /// f = 1: the picture is its own latent.
  package static let pixels = ComparedModel(
    name: "pixels", stage: .pixels(channels: 3), isTrained: true, isShipped: true)

  /// How the latents are kept in order.
  package enum Regularization: String, Sendable {
    case none, kl, vq
  }

  package var regularization: Regularization {
    switch stage {
    case .kl: .kl
    case .vq: .vq
    case .pixels: .none
    }
  }

  package var isLatent: Bool { stage.isLatent }
  /// f
  package var factor: Int { stage.downsamplingFactor }
  /// c
  package var channels: Int { stage.latentChannels }

  /// Vectors in the codebook; nil where there is none.
  package var codebookSize: Int? {
    if case .vq(let autoencoder) = stage { autoencoder.codebook.size } else { nil }
  }
}

/// What an encoder makes of pictures, not scaled.
package struct Latent: Sendable {
  /// What the decoder is given: μ of a KL posterior, or z before quantisation; [B, c, h, w].
  package let values: Tensor
  /// ln σ² of a KL posterior, same shape; nil for the others.
  package let logVariance: Tensor?

  package init(values: Tensor, logVariance: Tensor? = nil) {
    (self.values, self.logVariance) = (values, logVariance)
  }

  /// A draw from the posterior; the values themselves where there is none.
  package func sample(_ generator: TorchGenerator) -> Tensor {
    posterior?.sample(noise: generator.normal(values.shape)) ?? values
  }

  /// q(z | x) of a KL autoencoder.
  package var posterior: DiagonalGaussian? {
    logVariance.map { DiagonalGaussian(moments: .concatenated([values, $0], along: 1)) }
  }
}

extension ComparedModel {
  /// The latent of pictures of any size: they are padded to a multiple of f.
  /// - Parameter images: [B, 3, H, W] in [−1, 1].
  /// - Returns: h = ⌈H/f⌉, w = ⌈W/f⌉.
  package func encode(_ images: Tensor, tiling: Tiling = .whole) -> Latent {
    let padded = images.paddedToMultiple(of: factor)
    switch stage {
    case .pixels: return Latent(values: images)
    case .vq(let autoencoder):
      return Latent(
        values: tiling.map(padded, unit: factor, enlarging: 1, shrinking: factor) {
          autoencoder.encode($0)
        })
    case .kl(let autoencoder):
      let moments = tiling.map(padded, unit: factor, enlarging: 1, shrinking: factor) {
        let posterior = autoencoder.encode($0)
        return .concatenated([posterior.mean, posterior.logVariance], along: 1)
      }
      return Latent(
        values: moments.slice(0..<channels, along: 1),
        logVariance: moments.slice(channels..<2 * channels, along: 1))
    }
  }

  /// The pictures of unscaled latents, without the padding.
  /// - Returns: [B, 3, height, width], roughly in [−1, 1].
  package func decode(
    _ latents: Tensor, height: Int, width: Int, tiling: Tiling = .whole
  ) -> Tensor {
    let decode: (Tensor) -> Tensor
    switch stage {
    case .pixels: return latents
    case .vq(let autoencoder): decode = { autoencoder.decode($0) }
    case .kl(let autoencoder): decode = { autoencoder.decode($0) }
    }
    let padded = tiling.map(latents, unit: 1, enlarging: factor, shrinking: 1, decode)
    return padded.cropped(height: height, width: width)
  }

  /// The codes of a latent, row by row; none without a codebook.
  package func codes(of latent: Latent) -> [Int] {
    if case .vq(let autoencoder) = stage { autoencoder.codes(of: latent.values) } else { [] }
  }
}

/// Models and pictures that cannot be compared.
package enum CompressionError: PersonFacingError, Equatable {
  case absent(factor: Int)
  case channels(model: String, found: Int)
  case factor(model: String, found: Int)
  case imageSize(path: String, height: Int, width: Int)

  /// The largest f: a picture is padded to a multiple of it.
  package static let largestFactor = 64
  package static let longestSide = 8192
  package static let largestArea = 2048 * 2048

  package var exitStatus: ExitStatus {
    if case .absent = self { .missingInput } else { .badData }
  }

  package var description: String {
    switch self {
    case .absent(let factor):
      "--factors: found no autoencoder with f = \(factor) in fixtures/autoencoders; leave it out, or "
        + "name one of your own with --models"
    case .channels(let model, let found):
      "\(model): expected an autoencoder of pictures with 3 channels, found \(found)"
    case .factor(let model, let found):
      "\(model): expected f of at most \(Self.largestFactor), found \(found)"
    case .imageSize(let path, let height, let width):
      "\(path): expected a picture of at most \(Self.largestArea) pixels, \(Self.longestSide) a "
        + "side, found \(width)×\(height)"
    }
  }
}
