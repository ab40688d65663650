import Tensors

/// The vector-quantised autoencoder of latent diffusion (Esser et al. 2021, arXiv:2012.09841;
/// Rombach et al. 2022, arXiv:2112.10752, §3.1, §G), with the module tree of diffusers.
///
/// The latent is taken before quantisation; replacing each of its pixels by the nearest vector of the
/// codebook is the decoder's first step.
public struct VQModel: Autoencoder {
  /// The architecture it was built from.
  public let configuration: VQModelConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  let encoder: AutoencoderEncoder
  let decoder: AutoencoderDecoder
  let quantConvolution: Convolution2d
  let postQuantConvolution: Convolution2d
  /// The vectors that a latent's pixels are replaced by.
  public let codebook: Codebook

  /// A codebook.
  public var regularization: LatentRegularization { .vq }
  /// z: features of each vector of the codebook.
  public var latentChannels: Int { configuration.codeFeatures }

  /// Builds encoder, codebook and decoder; each parameter is asked of `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ configuration: VQModelConfiguration, in scope: ParameterScope) throws {
    let architecture = configuration.architecture
    let (latent, features) = (architecture.latentChannels, configuration.codeFeatures)
    self.configuration = configuration
    encoder = try AutoencoderEncoder(architecture, outputs: latent, in: scope["encoder"])
    decoder = try AutoencoderDecoder(architecture, in: scope["decoder"])
    quantConvolution = try Convolution2d(latent, features, kernel: 1, in: scope["quant_conv"])
    codebook = try Codebook(configuration.codebookSize, features, in: scope["quantize"])
    postQuantConvolution = try Convolution2d(
      features, latent, kernel: 1, in: scope["post_quant_conv"])
    parameters = scope.parameters
  }

  /// The latent before quantisation.
  /// - Parameters:
  ///   - images: x in [−1, 1], shape [B, inChannels, H, W]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: one latent, [B, codeFeatures, H/f, W/f]
  public func encode(_ images: Tensor, _ pass: ForwardPass) -> LatentDistribution {
    checkImages(images)
    let h = encoder(pass.channelsLast(images), pass)
    return LatentDistribution(
      watched(pass.channelsFirst(quantConvolution(h, pass))), channels: latentChannels)
  }

  /// The image of a latent that is no longer multiplied with the scaling factor; each of its pixels
  /// is first replaced by the nearest code.
  /// - Parameters:
  ///   - latents: [B, codeFeatures, h, w]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, outChannels, f·h, f·w], roughly in [−1, 1]
  public func decode(_ latents: Tensor, _ pass: ForwardPass) -> Tensor {
    checkLatents(latents)
    return decodeVectors(codebook.quantize(pass.channelsLast(latents), pass).vectors, pass)
  }

  /// The image of a latent that is taken as it is (diffusers' `force_not_quantize`).
  /// - Parameters:
  ///   - latents: quantised already, [B, codeFeatures, h, w]
  ///   - pass: which probe looks on and which tape records.
  public func decode(quantized latents: Tensor, _ pass: ForwardPass = ForwardPass()) -> Tensor {
    checkLatents(latents)
    return decodeVectors(pass.channelsLast(latents), pass)
  }

  /// The image of a map of codes.
  /// - Parameters:
  ///   - codes: B·h·w indices into the codebook, row by row, image by image.
  ///   - height: h
  ///   - width: w
  ///   - pass: which probe looks on and which tape records.
  public func decode(
    codes: [Int], height: Int, width: Int, _ pass: ForwardPass = ForwardPass()
  ) -> Tensor {
    precondition(
      height > 0 && width > 0 && codes.count % (height * width) == 0,
      "\(codes.count) codes make no maps of \(height)×\(width)")
    return decodeVectors(
      codebook.lookUp(codes, pass).reshaped([-1, height, width, configuration.codeFeatures]), pass)
  }

  /// The nearest code of each pixel, row by row, image by image.
  /// - Parameters:
  ///   - latents: [B, codeFeatures, h, w]
  ///   - pass: which probe looks on and which tape records.
  public func codes(of latents: Tensor, _ pass: ForwardPass = ForwardPass()) -> [Int] {
    checkLatents(latents)
    return codebook.quantize(pass.channelsLast(latents), pass).codes
  }

  private func decodeVectors(_ z: Tensor, _ pass: ForwardPass) -> Tensor {
    watched(pass.channelsFirst(decoder(postQuantConvolution(z, pass), pass)))
  }
}
