import Networks

/// The U-Nets of the study: one family, with nearly the same number of parameters for every f.
///
/// A ladder says how many channels there are at each resolution of a 128×128 picture; the U-Net of
/// LDM-f begins on the rung of its latent and goes down to 4×4, three levels at least. Attention
/// stands where there are at most 16×16 places. The paper likewise gives finer spaces more levels
/// and keeps the parameters equal (arXiv:2112.10752, Table 13).
package enum StudyNetwork {
  /// The downsampling factors of the paper's Figure 6.
  package static let factors = [1, 2, 4, 8, 16, 32]
  package static let imageSize = 128

  /// Channels at 128, 64, 32, 16, 8, 4 pixels a side.
  private static let ladder = [16, 24, 32, 48, 80, 96]
  private static let fewestLevels = 3
  private static let largestAttention = 16

  /// Pictures of a training step: coarser spaces take larger batches, as in the paper.
  package static func batch(factor: Int) -> Int {
    [1: 8, 2: 8, 4: 16, 8: 32][factor] ?? 64
  }

  /// - Parameters:
  ///   - factor: f, one of `factors`.
  ///   - channels: z
  ///   - context: features of a token of the caption.
  package static func configuration(
    factor: Int, channels: Int, context: Int
  ) -> UNetConfiguration {
    let side = imageSize / factor
    let rung = min(factor.trailingZeroBitCount, ladder.count - fewestLevels)
    var unet = UNetConfiguration()
    unet.sampleSize = [side, side]
    (unet.inChannels, unet.outChannels) = (channels, channels)
    unet.blockOutChannels = Array(ladder[rung...])
    let levels = unet.blockOutChannels.count
    // As in Stable Diffusion, the coarsest level leaves attention to the middle block.
    unet.downBlocks = (0..<levels).map { level in
      side >> level <= largestAttention && level < levels - 1 ? .crossAttention : .plain
    }
    unet.upBlocks = unet.downBlocks.reversed()
    unet.layersPerBlock = unet.blockOutChannels.map { _ in 1 }
    unet.attentionHeads = unet.blockOutChannels.map { _ in 4 }
    unet.crossAttentionDimensions = unet.blockOutChannels.map { _ in context }
    unet.transformerLayers = unet.blockOutChannels.map { _ in 1 }
    unet.normGroups = 8
    return unet
  }
}
