import Networks

/// The small autoencoders of the storybook world: one architecture for each downsampling factor,
/// with the latent channels of the paper (arXiv:2112.10752, Table 8) and about the same cost for a
/// picture.
///
/// Each factor of two adds a level at the coarse end, so that a comparison between two of them
/// compares what the bottleneck lets through.
public enum AutoencoderZoo {
  /// The downsampling factors f that there are; f = 1 is the pixels themselves.
  public static let factors = [2, 4, 8, 16, 32]

  /// Channels of each level, finest first; a model takes as many as its factor needs and the last
  /// of them is what it has at its coarsest.
  private static let channels = [
    2: [16, 32], 4: [16, 32, 64], 8: [16, 32, 64, 96], 16: [16, 32, 64, 64, 96],
    32: [16, 32, 64, 64, 64, 96],
  ]

  /// z: the paper's latent channels; of its two KL models with f = 16 and f = 32 the smaller ones.
  private static let latentChannels = [2: 2, 4: 3, 8: 4, 16: 8, 32: 16]

  /// Vectors in the codebook: fewer than the paper's 2048 to 16384, since a code must be met often
  /// to be learned, and a run here meets a thousandth of the pictures.
  private static let codebookSizes = [2: 512, 4: 1024, 8: 1024, 16: 1024, 32: 1024]

  /// Groups of channels that a norm treats alike, unless something else is asked for.
  public static let normGroups = 8

  /// An untrained one.
  /// - Parameters:
  ///   - kind: what keeps its latents in order.
  ///   - factor: f.
  ///   - normGroups: groups of channels that a norm treats alike; where they do not divide the
  ///     channels of every level, the zoo's own number is taken.
  ///   - seed: of its first values.
  /// - Precondition: `factor` is one of `factors`.
  /// - Throws: never for these factors.
  public static func network(
    _ kind: LatentRegularization, factor: Int, normGroups: Int = normGroups, seed: UInt64
  ) throws -> any Autoencoder {
    switch kind {
    case .kl:
      try AutoencoderKL(klConfiguration(factor: factor, normGroups: normGroups), seed: seed)
    case .vq: try VQModel(vqConfiguration(factor: factor, normGroups: normGroups), seed: seed)
    }
  }

  /// - Parameters:
  ///   - factor: f.
  ///   - normGroups: as `network` takes it.
  /// - Precondition: `factor` is one of `factors`.
  public static func klConfiguration(
    factor: Int, normGroups: Int = normGroups
  ) -> AutoencoderKLConfiguration {
    var configuration = AutoencoderKLConfiguration()
    configuration.architecture = architecture(factor: factor, normGroups: normGroups)
    return configuration
  }

  /// - Parameters:
  ///   - factor: f.
  ///   - normGroups: as `network` takes it.
  /// - Precondition: `factor` is one of `factors`.
  public static func vqConfiguration(
    factor: Int, normGroups: Int = normGroups
  ) -> VQModelConfiguration {
    var configuration = VQModelConfiguration()
    configuration.architecture = architecture(factor: factor, normGroups: normGroups)
    configuration.codebookSize = codebookSizes[factor] ?? 1024
    configuration.codeFeatures = configuration.architecture.latentChannels
    return configuration
  }

  private static func architecture(
    factor: Int, normGroups: Int
  ) -> AutoencoderArchitecture {
    guard let channels = channels[factor], let latent = latentChannels[factor] else {
      preconditionFailure("no autoencoder with f = \(factor), only \(factors)")
    }
    var architecture = AutoencoderArchitecture()
    architecture.sampleSize = [128, 128]
    architecture.blockOutChannels = channels
    architecture.encoderAttention = channels.map { _ in false }
    architecture.decoderAttention = architecture.encoderAttention
    architecture.layersPerBlock = 1
    architecture.normGroups =
      channels.allSatisfy { $0.isMultiple(of: normGroups) } ? normGroups : Self.normGroups
    architecture.latentChannels = latent
    // At f = 2 attention would compare every pixel of the latent with 4096 others, and there is
    // little to gain that near the picture (the paper's f = 4 has a variant without it as well).
    architecture.midBlockAttention = factor > 2
    architecture.scalingFactor = 1
    return architecture
  }
}
