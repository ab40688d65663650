import Tensors

/// The KL-regularised autoencoder of latent diffusion (Rombach et al. 2022, arXiv:2112.10752, §3.1,
/// §G), with the module tree of diffusers.
public struct AutoencoderKL: Autoencoder {
  /// The architecture it was built from.
  public let configuration: AutoencoderKLConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  let encoder: AutoencoderEncoder
  let decoder: AutoencoderDecoder
  let quantConvolution: Convolution2d?
  let postQuantConvolution: Convolution2d?

  /// A small pull towards a standard normal.
  public var regularization: LatentRegularization { .kl }
  /// z: channels of a latent.
  public var latentChannels: Int { architecture.latentChannels }

  /// Builds encoder and decoder; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: AutoencoderKLConfiguration, in scope: ParameterScope) throws {
    let architecture = configuration.architecture
    let latent = architecture.latentChannels
    self.configuration = configuration
    encoder = try AutoencoderEncoder(architecture, outputs: 2 * latent, in: scope["encoder"])
    decoder = try AutoencoderDecoder(architecture, in: scope["decoder"])
    quantConvolution =
      try configuration.usesQuantConvolution
      ? Convolution2d(2 * latent, 2 * latent, kernel: 1, in: scope["quant_conv"]) : nil
    postQuantConvolution =
      try configuration.usesPostQuantConvolution
      ? Convolution2d(latent, latent, kernel: 1, in: scope["post_quant_conv"]) : nil
    parameters = scope.parameters
  }

  /// q(z | x); its parameters are what `pass` records.
  /// - Parameters:
  ///   - images: x in [−1, 1], shape [B, inChannels, H, W]; a remainder of height or width
  ///     below f is lost, as in diffusers.
  ///   - pass: which probe looks on and which tape records.
  public func encode(_ images: Tensor, _ pass: ForwardPass) -> LatentDistribution {
    checkImages(images)
    let h = encoder(pass.channelsLast(images), pass)
    return LatentDistribution(
      watched(pass.channelsFirst(quantConvolution?(h, pass) ?? h)), channels: latentChannels)
  }

  /// The image of a latent that is no longer multiplied with the scaling factor.
  /// - Parameters:
  ///   - latents: z, shape [B, z, h, w]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, outChannels, f·h, f·w], roughly in [−1, 1]
  public func decode(_ latents: Tensor, _ pass: ForwardPass) -> Tensor {
    decode(latents, pass, inBandsAbove: AutoencoderDecoder.largestWhole)
  }

  /// - Parameter limit: the most numbers of an image that a layer of the decoder may give at once;
  ///   more are made in bands of rows.
  package func decode(_ latents: Tensor, _ pass: ForwardPass, inBandsAbove limit: Int) -> Tensor {
    checkLatents(latents)
    let z = pass.channelsLast(latents)
    let image = decoder(postQuantConvolution?(z, pass) ?? z, pass, inBandsAbove: limit)
    return watched(pass.channelsFirst(image))
  }
}
