import Foundation

/// The order of convergence: the slope of a straight line through ln error against ln calls.
///
///     error ≈ C · calls^{−p}
///
/// Ordinary least squares; the interval is that of Student's t with n − 2 degrees of freedom.
package struct OrderFit: Sendable {
  /// p
  package let order: Double
  /// The standard error of p; not a number with two points, which any line fits.
  package let standardError: Double
  /// How far the 95 % interval reaches to each side of p.
  package let halfWidth: Double
  /// ln C
  package let intercept: Double

  /// - Precondition: as many calls as errors, at least two, all positive.
  package init(calls: [Double], errors: [Double]) {
    precondition(
      calls.count == errors.count && calls.count > 1 && (calls + errors).allSatisfy { $0 > 0 },
      "no line through \(calls) and \(errors)")
    let (x, y) = (calls.map { log($0) }, errors.map { log($0) })
    let n = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / spread
    let squares = zip(x, y).reduce(0) { sum, point in
      let left = point.1 - meanY - slope * (point.0 - meanX)
      return sum + left * left
    }
    order = -slope
    intercept = meanY - slope * meanX
    standardError = n > 2 ? (squares / (n - 2) / spread).squareRoot() : .nan
    halfWidth = Self.quantile(freedom: x.count - 2) * standardError
  }

  /// The error that the line gives for a number of calls.
  package func error(at calls: Double) -> Double { exp(intercept - order * log(calls)) }

  /// The 97.5 % quantile of Student's t, for the 95 % between both ends.
  ///
  /// Found by bisection on its distribution function, the integral of (1 + t²/ν)^{−(ν+1)/2}.
  package static func quantile(freedom: Int) -> Double {
    guard freedom > 0 else { return .infinity }
    let nu = Double(freedom)
    let scale = exp(lgamma((nu + 1) / 2) - lgamma(nu / 2)) / (nu * .pi).squareRoot()
    // t = √ν·tan θ makes the integral that of cos^{ν−1} over a finite range.
    func beyondHalf(_ t: Double) -> Double {
      let end = atan(t / nu.squareRoot())
      let count = 400
      let step = end / Double(count)
      let sum = (0...count).reduce(0.0) { sum, i in
        let weight: Double = i == 0 || i == count ? 1 : i % 2 == 1 ? 4 : 2
        return sum + weight * pow(cos(Double(i) * step), nu - 1)
      }
      return scale * nu.squareRoot() * sum * step / 3
    }
    var (low, high) = (0.0, 20.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if beyondHalf(middle) < 0.475 { low = middle } else { high = middle }
    }
    return low
  }
}
