import Imaging
import Tensors
import Training

/// How near a reconstruction comes to its picture, by three measures.
package struct Quality: Sendable, Equatable {
  /// In dB; infinite for equal pictures.
  package let psnr: Double
  /// Nil for pictures with fewer than 11 pixels on a side.
  package let ssim: Double?
  /// The distance of a classifier's features; 0 for equal pictures.
  package let perceptualDistance: Double
}

/// Measures reconstructions of one picture.
package struct PictureQuality: Sendable {
  package let original: Tensor
  private let network: SceneClassifier
  /// f(x), one map for each stage of the classifier.
  private let features: [Tensor]

  /// - Parameters:
  ///   - original: x, [1, 3, H, W] in [−1, 1].
  ///   - network: whose features are compared, each pixel's made a unit vector, as in training.
  package init(of original: Tensor, network: SceneClassifier) {
    (self.original, self.network) = (original, network)
    features = network.features(of: original)
  }

  /// - Parameter reconstruction: x̂, same shape, as its PNG holds it.
  package func measure(_ reconstruction: Tensor) -> Quality {
    Quality(
      psnr: ImageMetrics.psnr(original, reconstruction),
      // Rounding may carry it a little above 1.
      ssim: ImageMetrics.ssim(original, reconstruction).map { min($0, 1) },
      perceptualDistance: perceptualDistance(reconstruction))
  }

  private func perceptualDistance(_ reconstruction: Tensor) -> Double {
    zip(network.features(of: reconstruction), features).reduce(0) {
      $0 + PerceptualLoss.distance($1.0, $1.1).value
    }
  }
}

extension Tensor {
  /// The picture as a PNG of 8 bits holds it: what is measured is what can be seen and sent.
  package var asStored: Tensor { Image(self).tensor }
}
