import Networks
import Tensors

/// The way between pictures and the space in which diffusion runs (LDM, arXiv:2112.10752, §3.1).
///
/// Latents here are always scaled: multiplied with `latentScale`, so that their variance is near 1
/// and the noise schedule means what it says.
public enum FirstStage: Sendable {
  /// A KL autoencoder: the latent of a picture is a draw from a narrow Gaussian.
  case kl(AutoencoderKL)
  /// A VQ autoencoder: the latent is exact, and quantised as the decoder's first step.
  case vq(VQModel)
  /// None: diffusion runs on the pixels themselves.
  case pixels(channels: Int)

  /// What encoder and decoder look like; nil for pixels.
  package var architecture: AutoencoderArchitecture? {
    switch self {
    case .kl(let autoencoder): autoencoder.configuration.architecture
    case .vq(let autoencoder): autoencoder.configuration.architecture
    case .pixels: nil
    }
  }

  /// Whether there is an autoencoder.
  public var isLatent: Bool { architecture != nil }

  /// f = H/h.
  public var downsamplingFactor: Int { architecture?.downsamplingFactor ?? 1 }

  /// Channels of a latent.
  public var latentChannels: Int {
    switch self {
    case .kl(let autoencoder): autoencoder.configuration.architecture.latentChannels
    case .vq(let autoencoder): autoencoder.configuration.codeFeatures
    case .pixels(let channels): channels
    }
  }

  /// What a latent is multiplied with; 0.18215 in Stable Diffusion v1.
  public var latentScale: Double { architecture?.scalingFactor ?? 1 }

  private var latentShift: Double { architecture?.shiftFactor ?? 0 }

  private func scaled(_ latents: Tensor) -> Tensor {
    latentShift == 0
      ? latents.scaled(by: Float(latentScale))
      : latents.scaled(by: Float(latentScale), plus: Float(-latentShift * latentScale))
  }

  private func unscaled(_ latents: Tensor) -> Tensor {
    let latents = latents / Float(latentScale)
    return latentShift == 0 ? latents : latents.scaled(by: 1, plus: Float(latentShift))
  }

  /// Channels of a picture that goes in.
  public var imageChannels: Int {
    if case .pixels(let channels) = self { channels } else { architecture?.inChannels ?? 3 }
  }

  /// The number of trainable values.
  public var parameterCount: Int {
    switch self {
    case .kl(let autoencoder): autoencoder.parameterCount
    case .vq(let autoencoder): autoencoder.parameterCount
    case .pixels: 0
    }
  }

  /// The scaled latent of pictures. A KL autoencoder draws from its posterior, as diffusers does:
  /// one normal tensor of the latent's shape; the others draw nothing.
  /// - Parameters:
  ///   - images: [B, C, H, W] in [−1, 1], H and W multiples of f.
  ///   - generator: where the draw comes from.
  /// - Returns: [B, z, H/f, W/f]
  public func encode(_ images: Tensor, generator: TorchGenerator) -> Tensor {
    switch self {
    case .kl(let autoencoder):
      let posterior = autoencoder.encode(images)
      return scaled(posterior.sample(noise: generator.normal(posterior.mean.shape)))
    case .vq(let autoencoder): return scaled(autoencoder.encode(images))
    case .pixels: return images
    }
  }

  /// The pictures of scaled latents.
  /// - Parameter latents: [B, z, h, w]
  /// - Returns: [B, 3, f·h, f·w], roughly in [−1, 1]
  public func decode(_ latents: Tensor) -> Tensor {
    switch self {
    case .kl(let autoencoder): autoencoder.decode(unscaled(latents))
    case .vq(let autoencoder): autoencoder.decode(unscaled(latents))
    case .pixels: latents
    }
  }

  /// The scaled latent without its posterior's noise, [B, z, h, w].
  public func meanLatent(_ images: Tensor) -> Tensor {
    switch self {
    case .kl(let autoencoder): scaled(autoencoder.encode(images).mean)
    case .vq(let autoencoder): scaled(autoencoder.encode(images))
    case .pixels: images
    }
  }

  /// Pictures after a way through the latent space and back, in [−1, 1]; the posterior's mean where
  /// it has one. The way must fit: sides are multiples of f.
  public func roundTrip(_ pictures: Tensor) -> Tensor {
    let decoded =
      switch self {
      case .kl(let autoencoder): autoencoder.decode(autoencoder.encode(pictures).mean)
      case .vq(let autoencoder): autoencoder.decode(autoencoder.encode(pictures))
      case .pixels: pictures
      }
    return decoded.clamped(to: -1...1)
  }
}
