import Tensors

/// What an encoder says of the latents of pictures (diffusers' `latent_dist`): the Gaussian q(z | x)
/// of a KL autoencoder, or the one latent of any other.
public struct LatentDistribution: Sendable {
  /// μ and ln σ² (not yet limited) of a Gaussian, [B, 2z, h, w]; or the latent, [B, z, h, w].
  public let parameters: Tensor
  /// The Gaussian; nil where there is one latent.
  public let posterior: DiagonalGaussian?

  /// - Parameters:
  ///   - parameters: [B, z, h, w], or with twice as many channels.
  ///   - channels: z
  public init(_ parameters: Tensor, channels: Int) {
    self.parameters = parameters
    posterior = parameters.shape[1] == channels ? nil : DiagonalGaussian(moments: parameters)
  }

  /// μ, or the one latent: [B, z, h, w].
  public var mean: Tensor { posterior?.mean ?? parameters }

  /// A draw, one normal tensor of the latent's shape; where there is one latent nothing is drawn.
  public func sample(_ generator: TorchGenerator) -> Tensor {
    posterior.map { $0.sample(noise: generator.normal($0.mean.shape)) } ?? parameters
  }
}
