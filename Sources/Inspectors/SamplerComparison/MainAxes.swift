import Foundation
import Tensors

/// Latents on their main axes: the plane in which a set of points is spread most.
///
/// The axes come from the eigenvectors of the centred Gram matrix, G = V·diag(λ)·Vᵀ: the j-th is
/// Σ_i V_ij·(x_i − x̄)/√λ_j. There are far fewer points than elements of a latent.
package struct MainAxes: Sendable {
  /// For each point its places on the first and the second axis; those that make the axes come first.
  package let coordinates: [SIMD2<Double>]
  /// The share of the variance of the points that make the axes which lies along each of them.
  package let shares: [Double]

  /// - Parameters:
  ///   - points: make the axes; of one shape, at least three.
  ///   - others: are laid on them as well.
  package init(_ points: [Tensor], others: [Tensor] = []) {
    let n = points.count
    let sum = points.dropFirst().reduce(points[0]) { $0 + $1 }
    let centred = (points + others).map { Tensor.combination(1, $0, -1 / Double(n), sum) }
    let products = centred.map { point in centred.prefix(n).map { point.dot($0) } }
    let eigen = SymmetricEigen(products.prefix(n).flatMap { $0 }, size: n)
    let values = [n - 1, n - 2].map { max(eigen.values[$0], .leastNormalMagnitude) }
    let total = eigen.values.reduce(0) { $0 + max($1, 0) }
    shares = values.map { $0 / max(total, .leastNormalMagnitude) }
    coordinates = products.map { products in
      SIMD2(
        [n - 1, n - 2].enumerated().map { place, j in
          products.indices.reduce(0) { $0 + products[$1] * eigen.vectors[$1 * n + j] }
            / values[place].squareRoot()
        })
    }
  }
}
