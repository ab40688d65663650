import Tensors

/// Mean and covariance of feature vectors: a set of pictures as one Gaussian.
public struct FeatureStatistics: Sendable {
  /// How many vectors there were.
  public let count: Int
  /// μ, D numbers.
  public let mean: [Double]
  /// Row-major, D × D, divided by count − 1.
  public let covariance: [Double]

  /// - Parameter features: shape [N, D], N at least 2.
  public init(_ features: Tensor) {
    precondition(
      features.rank == 2 && features.shape[0] >= 2, "expected [N, D], found \(features.shape)")
    let (count, width) = (features.shape[0], features.shape[1])
    var mean = [Double](repeating: 0, count: width)
    var products = [Double](repeating: 0, count: width * width)
    features.withUnsafeElements { values in
      for i in values.indices { mean[i % width] += Double(values[i]) / Double(count) }
      var centred = [Double](repeating: 0, count: width)
      for row in 0..<count {
        for i in 0..<width { centred[i] = Double(values[row * width + i]) - mean[i] }
        for i in 0..<width {
          for j in i..<width { products[i * width + j] += centred[i] * centred[j] }
        }
      }
    }
    for i in 0..<width {
      for j in i..<width {
        products[i * width + j] /= Double(count - 1)
        products[j * width + i] = products[i * width + j]
      }
    }
    (self.count, self.mean, covariance) = (count, mean, products)
  }

  /// The Fréchet distance between the two Gaussians: 0 for equal sets, and larger the more the
  /// features' means and spreads differ.
  ///
  ///     d² = ‖μ₁ − μ₂‖² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½)
  ///
  /// With Inception's features this is the FID (Heusel et al. 2017, arXiv:1706.08500, Eq. 6). Small
  /// sets look further apart than they are: compare sets of equal size.
  /// - Precondition: features of one width.
  public func frechetDistance(to other: FeatureStatistics) -> Double {
    let width = mean.count
    precondition(
      other.mean.count == width, "features of \(width) and of \(other.mean.count) numbers")
    let root = SymmetricEigen(covariance, size: width).apply { max($0, 0).squareRoot() }
    let inner = Self.product(Self.product(root, other.covariance, width), root, width)
    let overlap = SymmetricEigen(inner, size: width).values
      .reduce(0) { $0 + max($1, 0).squareRoot() }
    let shift = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let spread = (0..<width).reduce(0) {
      $0 + covariance[$1 * width + $1] + other.covariance[$1 * width + $1]
    }
    return max(shift + spread - 2 * overlap, 0)
  }

  /// A · B for square matrices.
  private static func product(_ a: [Double], _ b: [Double], _ size: Int) -> [Double] {
    var c = [Double](repeating: 0, count: size * size)
    for i in 0..<size {
      for k in 0..<size {
        let factor = a[i * size + k]
        for j in 0..<size { c[i * size + j] += factor * b[k * size + j] }
      }
    }
    return c
  }
}
