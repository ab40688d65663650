import Foundation
import Tensors

/// Data whose every noisy version is known in closed form: a weighted sum of Gaussians, in the plane
/// or in the space of all pixels.
///
///     q(x_0) = Σ_k w_k · N(x_0; μ_k, Σ_k)
///     q(x_t) = Σ_k w_k · N(x_t; √ᾱ·μ_k, ᾱ·Σ_k + (1 − ᾱ)·I),   Σ_k diagonal
///
/// A set of images is such a mixture of zero width. Densities and weights are computed in double
/// precision through the logarithm of the sum of exponentials.
public struct GaussianMixture: Sendable {
  /// How wide the components are.
  public enum Variances: Sendable, Equatable {
    /// One variance for all dimensions of a component; 0 is a point.
    case isotropic([Double])
    /// One variance for each dimension, in the order of the elements of the mean.
    case diagonal([[Double]])
  }

  /// ln w_k, normalised.
  let logWeights: [Double]
  /// μ_k, shape [K, …].
  public let means: Tensor
  /// Σ_k, how wide each component is.
  public let variances: Variances
  /// ‖μ_k‖².
  private let squaredNorms: [Double]

  /// w_k, which sum to 1.
  public var weights: [Double] { logWeights.map(exp) }
  /// K, the number of components.
  public var count: Int { means.shape[0] }
  /// The number of dimensions of one point.
  public var dimension: Int { means.count / count }

  /// - Parameters:
  ///   - means: μ_k, shape [K, …].
  ///   - variances: K of them, none negative.
  ///   - weights: proportional to w_k, all positive; equal when nil.
  /// - Precondition: the numbers agree and K is at least 1.
  public init(means: Tensor, variances: Variances, weights: [Double]? = nil) {
    let count = means.shape.first ?? 0
    let weights = weights ?? Array(repeating: 1, count: count)
    precondition(
      count > 0 && weights.count == count && weights.allSatisfy { $0 > 0 },
      "\(weights.count) weights for means of shape \(means.shape)")
    switch variances {
    case .isotropic(let values):
      precondition(
        values.count == count && values.allSatisfy { $0 >= 0 },
        "\(values.count) variances for means of shape \(means.shape)")
    case .diagonal(let rows):
      precondition(
        rows.count == count
          && rows.allSatisfy { $0.count * count == means.count && $0.allSatisfy { $0 >= 0 } },
        "\(rows.count) rows of variances for means of shape \(means.shape)")
    }
    let total = weights.reduce(0, +)
    logWeights = weights.map { log($0 / total) }
    self.means = means
    self.variances = variances
    squaredNorms = (0..<count).map { means.rows($0..<$0 + 1).dot(means.rows($0..<$0 + 1)) }
  }

  /// A set of images, each as likely as any other: the data is these images and nothing else.
  /// - Parameter images: shape [K, C, H, W].
  public static func images(_ images: Tensor) -> GaussianMixture {
    GaussianMixture(
      means: images, variances: .isotropic(Array(repeating: 0, count: images.shape[0])))
  }

  /// Draws from the data: for each point a component by weight (one uniform), then a normal.
  /// - Returns: shape [count, …].
  public func sample(_ count: Int, generator: TorchGenerator) -> Tensor {
    let points = (0..<count).map { _ in
      var left = Double(generator.uniform([1])[0])
      let k = weights.firstIndex {
        left -= $0
        return left < 0
      }
      let component = k ?? self.count - 1
      let noise = generator.normal([1] + means.shape.dropFirst())
      return means.rows(component..<component + 1) + scaled(noise, byStdOf: component)
    }
    return .concatenated(points, along: 0)
  }

  private func scaled(_ noise: Tensor, byStdOf k: Int) -> Tensor {
    switch variances {
    case .isotropic(let values): return noise * Float(values[k].squareRoot())
    case .diagonal(let rows):
      return noise * Tensor(noise.shape, rows[k].map { Float($0.squareRoot()) })
    }
  }
}

// MARK: - What noise makes of it

extension GaussianMixture {
  /// ln q(x_t) for each row.
  /// - Parameters:
  ///   - x: shape [B, …].
  ///   - level: ᾱ of the noise that x_t holds.
  public func logDensity(_ x: Tensor, at level: NoiseLevel) -> [Double] {
    logJoint(x, at: level).map(Self.logSumExp)
  }

  /// q(k | x_t): how much each component has to do with each row; a softmax over the components.
  /// - Parameters:
  ///   - x: shape [B, …].
  ///   - level: ᾱ of the noise that x_t holds.
  /// - Returns: for each row K weights that sum to 1.
  public func responsibilities(_ x: Tensor, at level: NoiseLevel) -> [[Double]] {
    logJoint(x, at: level).map { row in
      let total = Self.logSumExp(row)
      return row.map { exp($0 - total) }
    }
  }

  /// E[ε | x_t], the best possible prediction of the noise.
  ///
  ///     E[ε | x_t] = √(1 − ᾱ) · Σ_k q(k | x_t) · (x_t − √ᾱ·μ_k) / (ᾱ·Σ_k + 1 − ᾱ)
  ///
  /// which is −√(1 − ᾱ)·∇ ln q(x_t) (Song et al., arXiv:2011.13456).
  /// - Parameters:
  ///   - x: shape [B, …].
  ///   - level: ᾱ of the noise that x_t holds.
  /// - Returns: the same shape.
  public func expectedNoise(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    posteriorMean(x, at: level) { variance in
      let gain = level.noiseScale / (level.alphaCumprod * variance + 1 - level.alphaCumprod)
      return (gain, -level.signalScale * gain)
    }
  }

  /// E[x_0 | x_t], the best possible prediction of the image; finite at ᾱ = 0 as well.
  ///
  ///     E[x_0 | x_t] = Σ_k q(k | x_t) · ( μ_k + √ᾱ·Σ_k · (x_t − √ᾱ·μ_k) / (ᾱ·Σ_k + 1 − ᾱ) )
  ///
  /// - Parameters:
  ///   - x: shape [B, …].
  ///   - level: ᾱ of the noise that x_t holds.
  /// - Returns: the same shape.
  public func expectedOriginal(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    posteriorMean(x, at: level) { variance in
      let gain =
        level.signalScale * variance / (level.alphaCumprod * variance + 1 - level.alphaCumprod)
      return (gain, 1 - level.signalScale * gain)
    }
  }

  /// Σ_k q(k | x_t) · (a·x_t + b·μ_k), where a and b depend on the variance of the component.
  private func posteriorMean(
    _ x: Tensor, at level: NoiseLevel, factors: (_ variance: Double) -> (a: Double, b: Double)
  ) -> Tensor {
    let rows = responsibilities(x, at: level).enumerated().map { index, weights in
      let row = x.rows(index..<index + 1)
      switch variances {
      case .isotropic(let values):
        let terms = zip(weights, values.map(factors))
        return terms.enumerated().reduce(
          Float(terms.reduce(0) { $0 + $1.0 * $1.1.a }) * row
        ) { sum, term in
          let (k, (weight, factors)) = term
          return weight > 0
            ? .combination(1, sum, weight * factors.b, means.rows(k..<k + 1)) : sum
        }
      case .diagonal(let variances):
        return posteriorMean(row: row, weights, variances.map { $0.map(factors) })
      }
    }
    return .concatenated(rows, along: 0)
  }

  private func posteriorMean(
    row x: Tensor, _ weights: [Double], _ factors: [[(a: Double, b: Double)]]
  ) -> Tensor {
    Tensor(x.shape) { out in
      x.withUnsafeElements { x in
        means.withUnsafeElements { means in
          for i in out.indices {
            out[i] = Float(
              weights.indices.reduce(0.0) { sum, k in
                let (a, b) = factors[k][i]
                return sum + weights[k] * (a * Double(x[i]) + b * Double(means[k * x.count + i]))
              })
          }
        }
      }
    }
  }

  /// ln( w_k · N(x_t; …) ) for each row and component.
  private func logJoint(_ x: Tensor, at level: NoiseLevel) -> [[Double]] {
    precondition(
      x.shape.dropFirst() == means.shape.dropFirst(),
      "points of shape \(x.shape) in a mixture of \(means.shape)")
    return (0..<x.shape[0]).map { index in
      let row = x.rows(index..<index + 1)
      let squaredNorm = row.dot(row)
      func joint(_ k: Int) -> Double {
        logWeights[k] + logGaussian(row, squaredNorm, component: k, at: level)
      }
      return dimension * count < Self.leastShared
        ? (0..<count).map(joint) : Threads.map(count, joint)
    }
  }

  /// The fewest numbers of all components that are worth several threads.
  private static let leastShared = 1 << 18

  private func logGaussian(
    _ x: Tensor, _ squaredNorm: Double, component k: Int, at level: NoiseLevel
  ) -> Double {
    let (alpha, scale) = (level.alphaCumprod, level.signalScale)
    switch variances {
    case .isotropic(let values):
      let variance = alpha * values[k] + 1 - alpha
      let distance =
        squaredNorm - 2 * scale * x.dot(means.rows(k..<k + 1)) + alpha * squaredNorms[k]
      return -0.5 * (distance / variance + Double(dimension) * log(2 * .pi * variance))
    case .diagonal(let rows):
      return x.withUnsafeElements { x in
        means.withUnsafeElements { means in
          x.indices.reduce(0.0) { sum, i in
            let variance = alpha * rows[k][i] + 1 - alpha
            let difference = Double(x[i]) - scale * Double(means[k * x.count + i])
            return sum - 0.5 * (difference * difference / variance + log(2 * .pi * variance))
          }
        }
      }
    }
  }

  /// ln Σ e^{v}, without overflow.
  private static func logSumExp(_ values: [Double]) -> Double {
    guard let largest = values.max(), largest.isFinite else { return values.max() ?? -.infinity }
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
  }
}

/// The best possible predictor for data that is a known mixture, or a known set of images.
public struct MixtureDenoiser: ExactPredictor, Sendable {
  /// The data, as it is without noise.
  public let mixture: GaussianMixture
  /// How much noise each timestep holds.
  public let schedule: NoiseSchedule

  /// The predictor for a mixture of which noise is made by a schedule.
  public init(_ mixture: GaussianMixture, schedule: NoiseSchedule) {
    self.mixture = mixture
    self.schedule = schedule
  }

  /// E[ε | x_t], shape as x; t is 0-based and may lie between two timesteps.
  public func predict(_ x: Tensor, at t: Double) -> Prediction {
    Prediction(output: mixture.expectedNoise(x, at: schedule.level(at: t)))
  }

  /// E[x_0 | x_t], shape as x.
  public func expectedOriginal(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    mixture.expectedOriginal(x, at: level)
  }

  /// Both at the very noise level, whose timestep some samplers round for models that know whole ones
  /// only.
  public func evaluate(_ x: Tensor, at level: NoiseLevel) -> Evaluation {
    let noise = mixture.expectedNoise(x, at: level)
    guard level.alphaCumprod == 0 else {
      return Evaluation(input: x, level: level, predictedNoise: noise)
    }
    return Evaluation(
      input: x, level: level, prediction: Prediction(output: noise),
      predictedOriginal: expectedOriginal(x, at: level), predictedNoise: noise)
  }
}
