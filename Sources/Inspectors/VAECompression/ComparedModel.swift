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
  /// SHA-256 of the file of a bundled model's weights; empty for others.
  package let weightsDigest: String

  package init(
    name: String, stage: FirstStage, isTrained: Bool, isShipped: Bool, weightsDigest: String = ""
  ) {
    (self.name, self.stage) = (name, stage)
    (self.isTrained, self.isShipped) = (isTrained, isShipped)
    self.weightsDigest = weightsDigest
  }

  /// f = 1: the picture is its own latent.
  package static let pixels = ComparedModel(
    name: "pixels", stage: .pixels(channels: 3), isTrained: true, isShipped: true)

  /// How the latents are kept in order; nil in pixel space.
  package var regularization: LatentRegularization? { stage.regularization }
  /// As tables call that.
  package var kind: String {
    if case .tiny = stage { return "tiny" }
    return regularization?.rawValue ?? "none"
  }
  package var isLatent: Bool { stage.isLatent }
  /// f
  package var factor: Int { stage.downsamplingFactor }
  /// c
  package var channels: Int { stage.latentChannels }

  private var quantizer: VQModel? { stage.autoencoder as? VQModel }

  /// Whether latents are rows of a codebook.
  package var isQuantized: Bool { quantizer != nil }

  /// Vectors in the codebook; nil where there is none.
  package var codebookSize: Int? { quantizer?.codebook.size }

  /// The codes of a latent, row by row; none without a codebook.
  package func codes(of latent: LatentDistribution) -> [Int] {
    quantizer?.codes(of: latent.mean) ?? []
  }

  /// What the encoder says of the latent of pictures of any size: they are padded to a multiple of f.
  /// It is not scaled.
  /// - Parameters:
  ///   - images: [B, 3, H, W] in [−1, 1].
  ///   - tiling: the tiles that pass one after the other.
  ///   - weights: keeps what convolutions made of them, for passes with this model again.
  /// - Returns: h = ⌈H/f⌉, w = ⌈W/f⌉.
  package func encode(
    _ images: Tensor, tiling: Tiling = .whole, keeping weights: WeightMemory? = nil
  ) -> LatentDistribution {
    guard let network = stage.network else { return stage.distribution(images) }
    let parameters = tiling.map(
      images.paddedToMultiple(of: factor), unit: factor, enlarging: 1, shrinking: factor
    ) { network.encode($0, ForwardPass(weightMemory: weights)).parameters }
    return LatentDistribution(parameters, channels: channels)
  }

  /// The pictures of unscaled latents, without the padding; tiles and weights as for `encode`.
  /// - Returns: [B, 3, height, width], roughly in [−1, 1]
  package func decode(
    _ latents: Tensor, height: Int, width: Int, tiling: Tiling = .whole,
    keeping weights: WeightMemory? = nil
  ) -> Tensor {
    guard let network = stage.network else { return latents }
    return tiling.map(latents, unit: 1, enlarging: factor, shrinking: 1) {
      network.decode($0, ForwardPass(weightMemory: weights))
    }.cropped(height: height, width: width)
  }

  /// The pictures of latents, [1, c, h, w] each; small ones are decoded side by side.
  /// - Returns: [1, 3, height, width] each.
  package func decode(each latents: [Tensor], height: Int, width: Int) -> [Tensor] {
    (stage.network?.decode(each: latents) ?? latents)
      .map { $0.cropped(height: height, width: width) }
  }
}

/// Models and pictures that cannot be compared.
package enum CompressionError: PersonFacingError, Equatable {
  case absent(factor: Int)
  case channels(model: String, found: Int)
  case factor(model: String, found: Int)

  /// The largest f: a picture is padded to a multiple of it.
  package static let largestFactor = 64

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
    }
  }
}
