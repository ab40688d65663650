/// What the paper measured of its first stages (LDM, arXiv:2112.10752, Table 8): trained on OpenImages,
/// measured on the validation pictures of ImageNet at 256×256.
struct PublishedModel: Sendable {
  let factor: Int
  /// "KL", or the size of the codebook.
  let kind: String
  let channels: Int
  /// The Fréchet distance of reconstructions.
  let fid: Double
  /// Means over the pictures: dB, a distance of VGG features, and SSIM.
  let psnr, psim, ssim: Double

  static let all: [PublishedModel] = [
    row(2, "KL", 2, 0.086, 32.47, 0.20, 0.93), row(2, "VQ, 2048", 2, 0.16, 30.85, 0.27, 0.91),
    row(4, "KL", 3, 0.27, 27.53, 0.55, 0.82), row(4, "VQ, 8192", 3, 0.58, 27.43, 0.53, 0.82),
    row(8, "KL", 4, 0.90, 24.19, 1.02, 0.69), row(8, "VQ, 16384", 4, 1.14, 23.07, 1.17, 0.65),
    row(16, "KL", 8, 2.63, 21.94, 1.49, 0.59), row(16, "VQ, 16384", 8, 5.15, 20.83, 1.73, 0.54),
    row(32, "KL", 16, 7.3, 20.38, 1.88, 0.53), row(32, "VQ, 16384", 16, 31.83, 17.45, 2.58, 0.41),
  ]

  private static func row(
    _ factor: Int, _ kind: String, _ channels: Int, _ fid: Double, _ psnr: Double, _ psim: Double,
    _ ssim: Double
  ) -> PublishedModel {
    PublishedModel(
      factor: factor, kind: kind, channels: channels, fid: fid, psnr: psnr, psim: psim, ssim: ssim)
  }
}
