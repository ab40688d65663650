import Tensors
import Training

/// How different pictures are that were made for one prompt from several noises.
///
/// The distance is that of `PictureQuality`: of a classifier's features, each pixel's made a unit
/// vector. It hardly sees contrast, which guidance raises while pictures grow alike.
package struct PictureDiversity: Sendable {
  private let network: SceneClassifier

  /// - Parameter network: whose features are compared.
  package init(_ network: SceneClassifier) { self.network = network }

  /// The mean distance over all pairs of pictures; NaN for fewer than two.
  /// - Parameter pictures: [B, 3, H, W] in [−1, 1].
  package func meanDistance(among pictures: Tensor) -> Double {
    let features = (0..<pictures.shape[0]).map { network.features(of: pictures.rows($0..<$0 + 1)) }
    var (sum, pairs) = (0.0, 0)
    for first in features.indices {
      for second in features[(first + 1)...] {
        sum += zip(features[first], second).reduce(0) {
          $0 + PerceptualLoss.distance($1.0, $1.1)
        }
        pairs += 1
      }
    }
    return pairs == 0 ? .nan : sum / Double(pairs)
  }
}
