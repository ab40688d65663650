import Foundation

/// The exact way from noise to data: the probability-flow ODE of a mixture, in double precision.
///
///     dx̃/dσ = E[ε | x̃; σ],   x̃ = x/√ᾱ, σ = √(1 − ᾱ)/√ᾱ
///
/// Integrated by the classical Runge–Kutta method in v with σ = s·sinh v: even steps of v are even in
/// σ where the noise is below s, and even in ln σ above, so that the solution is smooth from pure noise
/// down to σ = 0.
///
/// Source: Song et al. (arXiv:2011.13456) Eq. 13, in the variables of Karras et al. (arXiv:2206.00364).
package struct ProbabilityFlow: Sendable {
  package typealias Point = PlaneMixture.Point

  package let mixture: PlaneMixture
  /// Steps for each unit of v.
  package let density: Int
  /// s, of the size of the data's finest detail.
  private let scale: Double

  /// - Parameter density: steps for each unit of v; some five units lie between pure noise and data.
  package init(_ mixture: PlaneMixture, density: Int = 160) {
    (self.mixture, self.density) = (mixture, density)
    scale = max(mixture.components.map(\.variance).min()?.squareRoot() ?? 1, 1e-2)
  }

  /// Carries points along the flow.
  /// - Parameters:
  ///   - points: x̃ at `start`.
  ///   - start: σ there.
  ///   - end: σ to go to; 0 is the data.
  /// - Returns: x̃ at `end`.
  package func carry(_ points: [Point], from start: Double, to end: Double) -> [Point] {
    let (first, last) = (asinh(start / scale), asinh(end / scale))
    let count = max(Int((abs(last - first) * Double(density)).rounded(.up)), 1)
    guard start != end else { return points }
    let step = (last - first) / Double(count)
    return points.map { point in
      (0..<count).reduce(point) { x, i in
        let v = first + Double(i) * step
        let k1 = slope(x, v)
        let k2 = slope(x + step / 2 * k1, v + step / 2)
        let k3 = slope(x + step / 2 * k2, v + step / 2)
        let k4 = slope(x + step * k3, v + step)
        return x + step / 6 * (k1 + 2 * (k2 + k3) + k4)
      }
    }
  }

  /// dx̃/dv = σ · E[ε | x̃]/σ · dσ/dv.
  private func slope(_ point: Point, _ v: Double) -> Point {
    let sigma = scale * sinh(v)
    return sigma * scale * cosh(v) * mixture.pull(at: point, sigma: sigma)
  }

  /// The end points with half the steps against those with all: the fourth order leaves a fifteenth of
  /// it as an error.
  package func error(of points: [Point], from start: Double, to end: Double) -> Double {
    let coarse = ProbabilityFlow(mixture, density: density / 2)
    return zip(carry(points, from: start, to: end), coarse.carry(points, from: start, to: end))
      .map { distance($0, $1) }.max().map { $0 / 15 } ?? 0
  }
}

/// How far two points of the plane lie apart.
package func distance(_ a: PlaneMixture.Point, _ b: PlaneMixture.Point) -> Double {
  ((a - b) * (a - b)).sum().squareRoot()
}
