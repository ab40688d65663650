import Foundation

/// The beta distribution over 0…1, by its distribution function and quantiles in double precision.
///
///     I_x(α, β) = x^α (1 − x)^β / (α B(α, β)) · 1/(1 + d_1/(1 + d_2/(1 + …)))
///
/// Source: NIST DLMF §8.17, Eq. 8.17.4 and the continued fraction 8.17.22.
package struct BetaDistribution: Sendable {
  /// α and β, both above 0.
  package let alpha, beta: Double

  /// - Parameters:
  ///   - alpha: α, the weight of the upper end; above 0.
  ///   - beta: β, the weight of the lower end; above 0.
  package init(alpha: Double, beta: Double) {
    precondition(alpha > 0 && beta > 0, "a beta distribution of \(alpha) and \(beta)")
    (self.alpha, self.beta) = (alpha, beta)
  }

  /// I_x(α, β), the probability of at most `x`, which lies in 0…1.
  package func cumulative(_ x: Double) -> Double {
    guard x > 0, x < 1 else { return x <= 0 ? 0 : 1 }
    // The fraction converges fast below the mean; above it the mirrored one does.
    guard x <= (alpha + 1) / (alpha + beta + 2) else {
      return 1 - BetaDistribution(alpha: beta, beta: alpha).cumulative(1 - x)
    }
    let logBeta = lgamma(alpha) + lgamma(beta) - lgamma(alpha + beta)
    return exp(alpha * log(x) + beta * log1p(-x) - logBeta) / alpha / fraction(x)
  }

  /// The `x` that is not exceeded with probability `p`, which lies in 0…1: by halving, until no number
  /// lies between.
  package func quantile(_ p: Double) -> Double {
    guard p > 0, p < 1 else { return p <= 0 ? 0 : 1 }
    var (low, high) = (0.0, 1.0)
    while true {
      let middle = (low + high) / 2
      guard low < middle, middle < high else { return middle }
      if cumulative(middle) < p { low = middle } else { high = middle }
    }
  }

  /// 1 + d_1/(1 + d_2/(1 + …)), from its far end; 60 terms are more than double precision needs below
  /// the mean of small α and β.
  private func fraction(_ x: Double) -> Double {
    (1...60).reversed().reduce(1.0) { tail, n in
      let m = Double(n / 2)
      let term =
        n.isMultiple(of: 2)
        ? m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
        : -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
      return 1 + term / tail
    }
  }
}
