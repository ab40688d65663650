import Diffusion
import Foundation
import Tensors

/// Data in the plane that one can see: a weighted sum of round Gaussians, in double precision.
///
/// `GaussianMixture` takes its points in single precision; a reference solution needs all of double.
package struct PlaneMixture: Sendable {
  /// A point of the plane.
  package typealias Point = SIMD2<Double>

  /// One Gaussian.
  package struct Component: Sendable {
    /// μ_k
    package let center: Point
    /// s_k², in every direction; 0 is a point.
    package let variance: Double
    /// ln w_k, normalised.
    let logWeight: Double
  }

  /// The Gaussians.
  package let components: [Component]

  /// - Parameters:
  ///   - centers: μ_k.
  ///   - deviations: s_k.
  ///   - weights: proportional to w_k.
  package init(centers: [Point], deviations: [Double], weights: [Double]) {
    precondition(
      centers.count == deviations.count && centers.count == weights.count && !centers.isEmpty,
      "\(centers.count) centres, \(deviations.count) widths, \(weights.count) weights")
    let total = weights.reduce(0, +)
    components = centers.indices.map {
      Component(
        center: centers[$0], variance: deviations[$0] * deviations[$0],
        logWeight: log(weights[$0] / total))
    }
  }

  /// Five clouds of different widths and weights.
  package static let clouds = PlaneMixture(
    centers: [[-1.2, 0.9], [0.2, 1.3], [1.3, 0.3], [0.5, -1.1], [-0.9, -0.7]],
    deviations: [0.22, 0.3, 0.2, 0.28, 0.25], weights: [3, 2, 2, 2, 1])

  /// Points along two turns of a spiral, close enough to be one line.
  package static let spiral: PlaneMixture = {
    let count = 90
    let centers = (0..<count).map { i -> Point in
      let along = (Double(i) + 0.5) / Double(count)
      let angle = 4 * Double.pi * along.squareRoot()
      return 1.5 * along.squareRoot() * [cos(angle), sin(angle)]
    }
    return PlaneMixture(
      centers: centers, deviations: centers.map { _ in 0.05 }, weights: centers.map { _ in 1 })
  }()

  /// The same in single precision, as the house's exact denoiser takes it.
  package var gaussianMixture: GaussianMixture {
    GaussianMixture(
      means: Tensor(
        [components.count, 2], components.flatMap { [Float($0.center.x), Float($0.center.y)] }),
      variances: .isotropic(components.map(\.variance)),
      weights: components.map { exp($0.logWeight) })
  }
}

// MARK: - What noise makes of it

extension PlaneMixture {
  /// E[ε | x̃]/σ, where x̃ = x_0 + σ·ε: −σ times it is the score of x̃, and it is smooth down to σ = 0.
  ///
  ///     E[ε | x̃]/σ = Σ_k q(k | x̃) · (x̃ − μ_k)/(s_k² + σ²)
  package func pull(at point: Point, sigma: Double) -> Point {
    var (largest, total, sum) = (-Double.infinity, 0.0, Point.zero)
    // Neighbours are often of one width.
    var (variance, logVariance) = (0.0, 0.0)
    for component in components {
      if component.variance + sigma * sigma != variance {
        variance = component.variance + sigma * sigma
        logVariance = log(variance)
      }
      let away = point - component.center
      let exponent = component.logWeight - (away * away).sum() / (2 * variance) - logVariance
      // One pass: what was summed is scaled down when a likelier component turns up.
      if exponent > largest {
        let scale = exp(largest - exponent)
        (total, sum, largest) = (total * scale, sum * scale, exponent)
      }
      let weight = exp(exponent - largest)
      total += weight
      sum += weight / variance * away
    }
    return sum / total
  }

  /// q(x_t) at a point of DDPM's space, x = √ᾱ·x_0 + √(1 − ᾱ)·ε.
  package func density(at point: Point, level: NoiseLevel) -> Double {
    components.reduce(0) { sum, component in
      let variance = level.alphaCumprod * component.variance + 1 - level.alphaCumprod
      let away = point - level.signalScale * component.center
      return sum + exp(component.logWeight - (away * away).sum() / (2 * variance))
        / (2 * .pi * variance)
    }
  }

  /// ∇ ln q(x_t) at a point of DDPM's space.
  package func score(at point: Point, level: NoiseLevel) -> Point {
    -pull(at: point / level.signalScale, sigma: level.sigma) / level.signalScale
  }
}

/// The best possible predictor for a mixture, at the very noise level that a sampler names: its
/// timestep may be rounded.
package struct PlanePredictor: NoisePredictor {
  let mixture: PlaneMixture
  let schedule: NoiseSchedule

  package init(_ mixture: PlaneMixture, schedule: NoiseSchedule) {
    (self.mixture, self.schedule) = (mixture, schedule)
  }

  /// E[ε | x_t], shape [B, 2] as x.
  package func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(output: noise(x, at: schedule.level(at: t)))
  }

  /// E[ε | x_t] and x̂_0 at `level` itself.
  package func evaluate(_ x: Tensor, at level: NoiseLevel) -> Evaluation {
    Evaluation(input: x, level: level, predictedNoise: noise(x, at: level))
  }

  private func noise(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    let (scale, sigma) = (1 / level.signalScale, level.sigma)
    return Tensor(points: x.points.map { sigma * mixture.pull(at: scale * $0, sigma: sigma) })
  }
}

extension Tensor {
  /// The rows of a tensor of shape [B, 2].
  package var points: [PlaneMixture.Point] {
    withUnsafeElements { values in
      (0..<values.count / 2).map { [Double(values[2 * $0]), Double(values[2 * $0 + 1])] }
    }
  }

  /// Points as rows, shape [B, 2].
  package init(points: [PlaneMixture.Point]) {
    self.init([points.count, 2], points.flatMap { [Float($0.x), Float($0.y)] })
  }
}
