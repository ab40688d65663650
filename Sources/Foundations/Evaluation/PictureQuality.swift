import Imaging
import Tensors
import Training

/// How near a reconstruction comes to its picture, by three measures.
package struct Quality: Sendable, Equatable {
  /// In dB; infinite for equal pictures.
  package let psnr: Double
  /// Nil for pictures with fewer than 11 pixels on a side, and where nobody asked for it.
  package let ssim: Double?
  /// The distance of a classifier's features; 0 for equal pictures.
  package let perceptualDistance: Double

  /// Measures that were taken elsewhere.
  package init(psnr: Double, ssim: Double?, perceptualDistance: Double) {
    (self.psnr, self.ssim, self.perceptualDistance) = (psnr, ssim, perceptualDistance)
  }
}

/// Measures reconstructions of one picture, both as their PNG files of 8 bits hold them: what is
/// measured is what can be seen and sent, and anybody can measure it again.
package struct PictureQuality: Sendable {
  /// x, [1, 3, H, W], 8 bits.
  package let original: Tensor
  private let network: SceneClassifier
  /// f(x), one map for each stage of the classifier.
  private let features: [Tensor]

  /// - Parameters:
  ///   - original: x, [1, 3, H, W] in [−1, 1].
  ///   - network: whose features are compared, each pixel's made a unit vector, as in training.
  package init(of original: Tensor, network: SceneClassifier) {
    (self.original, self.network) = (original.asStored, network)
    features = network.features(of: self.original)
  }

  /// - Parameters:
  ///   - reconstruction: x̂, same shape.
  ///   - ssim: whether SSIM is wanted, which takes as long as the rest.
  package func measure(_ reconstruction: Tensor, ssim: Bool = true) -> Quality {
    let stored = reconstruction.asStored
    return Quality(
      psnr: ImageMetrics.psnr(original, stored), ssim: ssim ? original.ssim(to: stored) : nil,
      perceptualDistance: perceptualDistance(stored))
  }

  private func perceptualDistance(_ reconstruction: Tensor) -> Double {
    zip(network.features(of: reconstruction), features).reduce(0) {
      $0 + PerceptualLoss.distance($1.0, $1.1)
    }
  }
}

extension Tensor {
  /// The pictures as PNG files of 8 bits hold them.
  package var asStored: Tensor { Image.stored(self) }

  /// SSIM between two stored pictures; rounding may not carry it above 1.
  fileprivate func ssim(to other: Tensor) -> Double? {
    ImageMetrics.ssim(self, other).map { min($0, 1) }
  }
}

/// PSNR and SSIM of many pictures that went through something and came back: measured picture by
/// picture on 8 bits, then averaged. The one definition behind every table.
package struct ReconstructionQuality: Sendable, Equatable {
  /// In dB, one for each picture.
  package private(set) var psnr: [Double] = []
  /// One for each picture of at least 11 pixels a side.
  package private(set) var ssim: [Double] = []

  /// Of no picture yet.
  package init() {}

  /// - Parameters:
  ///   - pictures: [B, 3, H, W] in [−1, 1].
  ///   - reconstruct: gives what came back of one, [1, 3, H, W]; asked by several threads at once.
  package init(of pictures: Tensor, through reconstruct: (Tensor) -> Tensor) {
    let qualities = Threads.map(pictures.shape[0]) { row in
      let picture = pictures.rows(row..<row + 1)
      var quality = ReconstructionQuality()
      quality.add(picture, reconstruct(picture))
      return quality
    }
    psnr = qualities.flatMap(\.psnr)
    ssim = qualities.flatMap(\.ssim)
  }

  /// The mean of the PSNR alone, in dB: SSIM takes longer than a small network.
  /// - Parameters:
  ///   - pictures: [B, 3, H, W] in [−1, 1].
  ///   - reconstruct: gives what came back of one of them; asked by several threads at once.
  package static func meanPSNR(
    of pictures: Tensor, through reconstruct: (Range<Int>) -> Tensor
  ) -> Double {
    Threads.map(pictures.shape[0]) { index in
      let row = index..<index + 1
      return ImageMetrics.psnr(pictures.rows(row).asStored, reconstruct(row).asStored)
    }.meanAndDeviation.mean
  }

  /// Adds some pictures, [B, 3, H, W] both.
  package mutating func add(_ originals: Tensor, _ reconstructions: Tensor) {
    for row in 0..<originals.shape[0] {
      let original = originals.rows(row..<row + 1).asStored
      let reconstruction = reconstructions.rows(row..<row + 1).asStored
      psnr.append(ImageMetrics.psnr(original, reconstruction))
      if let ssim = original.ssim(to: reconstruction) { self.ssim.append(ssim) }
    }
  }

  /// The mean over pictures, in dB.
  package var meanPSNR: Double { psnr.meanAndDeviation.mean }
  /// The mean over pictures; NaN when all are too small.
  package var meanSSIM: Double { ssim.meanAndDeviation.mean }
}

extension [Double] {
  /// The mean, and the standard deviation between pictures; infinite values do not count unless
  /// there are no others.
  package var meanAndDeviation: (mean: Double, deviation: Double) {
    let finite = filter(\.isFinite)
    guard !finite.isEmpty else { return (count == 0 ? .nan : .infinity, 0) }
    let mean = finite.reduce(0, +) / Double(finite.count)
    let variance =
      finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(finite.count)
    return (mean, variance.squareRoot())
  }
}
