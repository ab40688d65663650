import Networks
import Tensors

/// The way between pictures and the space in which diffusion runs (LDM, arXiv:2112.10752, §3.1).
///
/// Latents here are always scaled: multiplied with `latentScale`, so that their variance is near 1
/// and the noise schedule means what it says.
public enum FirstStage: Sendable {
  /// An autoencoder of either kind.
  case autoencoder(any Autoencoder)
  /// A small one that gives and takes the latents of a larger one.
  case tiny(AutoencoderTiny)
  /// None: diffusion runs on the pixels themselves.
  case pixels(channels: Int)

  /// The autoencoder whose latents a training kept in order; nil for a tiny one and for pixels.
  public var autoencoder: (any Autoencoder)? {
    if case .autoencoder(let autoencoder) = self { autoencoder } else { nil }
  }

  /// The network, whichever it is; nil for pixels.
  public var network: (any FirstStageNetwork)? {
    switch self {
    case .autoencoder(let autoencoder): autoencoder
    case .tiny(let autoencoder): autoencoder
    case .pixels: nil
    }
  }

  /// What encoder and decoder look like; nil for a tiny one and for pixels.
  package var architecture: AutoencoderArchitecture? { autoencoder?.architecture }

  /// How the latents are kept in order; nil for a tiny autoencoder and for pixels.
  public var regularization: LatentRegularization? { autoencoder?.regularization }

  /// Whether there is an autoencoder.
  public var isLatent: Bool { network != nil }

  /// f = H/h.
  public var downsamplingFactor: Int { network?.downsamplingFactor ?? 1 }

  /// Channels of a latent.
  public var latentChannels: Int {
    switch self {
    case .autoencoder(let autoencoder): autoencoder.latentChannels
    case .tiny(let autoencoder): autoencoder.latentChannels
    case .pixels(let channels): channels
    }
  }

  /// Channels of a picture that goes in.
  public var imageChannels: Int { network?.imageChannels ?? latentChannels }

  /// The number of trainable values.
  public var parameterCount: Int { network?.parameterCount ?? 0 }

  /// What a latent is multiplied with; 0.18215 in Stable Diffusion v1.
  public var latentScale: Double { network?.scalingFactor ?? 1 }

  private var latentShift: Double { network?.shiftFactor ?? 0 }

  /// What the decoder takes, scaled.
  package func scaled(_ latents: Tensor) -> Tensor {
    latentShift == 0
      ? latents.scaled(by: Float(latentScale))
      : latents.scaled(by: Float(latentScale), plus: Float(-latentShift * latentScale))
  }

  private func unscaled(_ latents: Tensor) -> Tensor {
    let latents = latents / Float(latentScale)
    return latentShift == 0 ? latents : latents.scaled(by: 1, plus: Float(latentShift))
  }

  /// What the encoder says of the latents of pictures, not scaled; of pixels the pictures themselves.
  package func distribution(_ images: Tensor) -> LatentDistribution {
    network?.encode(images) ?? LatentDistribution(images, channels: images.shape[1])
  }

  /// The scaled latent of pictures. A KL autoencoder draws from its posterior, as diffusers does:
  /// one normal tensor of the latent's shape; the others draw nothing.
  /// - Parameters:
  ///   - images: [B, C, H, W] in [−1, 1], H and W multiples of f.
  ///   - generator: where the draw comes from.
  /// - Returns: [B, z, H/f, W/f]
  public func encode(_ images: Tensor, generator: TorchGenerator) -> Tensor {
    scaled(distribution(images).sample(generator))
  }

  /// The scaled latent without its posterior's noise, [B, z, h, w].
  public func meanLatent(_ images: Tensor) -> Tensor { scaled(distribution(images).mean) }

  /// The pictures of scaled latents.
  /// - Parameter latents: [B, z, h, w]
  /// - Returns: [B, 3, f·h, f·w], roughly in [−1, 1]
  public func decode(_ latents: Tensor) -> Tensor {
    network?.decode(unscaled(latents)) ?? latents
  }

  /// The pictures of scaled latents of one shape; small ones are decoded side by side.
  /// - Parameter latents: each [1, z, h, w].
  /// - Returns: each [1, 3, f·h, f·w], roughly in [−1, 1].
  public func decode(each latents: [Tensor]) -> [Tensor] {
    network?.decode(each: latents.map(unscaled)) ?? latents
  }

  /// Pictures after a way through the latent space and back, in [−1, 1]; the posterior's mean where
  /// it has one. The way must fit: sides are multiples of f.
  public func roundTrip(_ pictures: Tensor) -> Tensor {
    (network?.reconstruct(pictures) ?? pictures).clamped(to: -1...1)
  }
}
