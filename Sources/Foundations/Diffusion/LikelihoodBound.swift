import Foundation
import Tensors

/// The variational bound on −log p(x_0), term by term, in bits per dimension.
///
///     L = L_T + Σ_{t>1} L_{t−1} + L_0 ≥ −log p_θ(x_0)            DDPM (arXiv:2006.11239) Eq. 5
///     L_T     = KL( q(x_T | x_0) ‖ N(0, I) )
///     L_{t−1} = KL( q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t) )
///     L_0     = −log p_θ(x_0 | x_1)
///
/// Notation: `t` is 0-based here (paper: 1…T), so that the term of t = 0 is L_0 and the term of t > 0 is
/// the KL divergence of the step from x_t to x_{t−1}. Both Gaussians of a step have means that differ
/// in x_0 alone, so that a step's term needs nothing but the squared error of x̂_0:
///
///     L_{t−1} = ½·( ln(σ²/β̃) + β̃/σ² − 1 ) + c_0²/(2σ²) · (x_0 − x̂_0)²,   mean over dimensions / ln 2
public struct LikelihoodBound: Sendable {
  /// p_θ(x_0 | x_1): how the last step names the picture.
  public enum Decoder: Sendable, Equatable {
    /// The Gaussian around x̂_0 integrated over the bin of each of 256 values, DDPM Eq. 13.
    case discretized(variance: Double)
    /// The Gaussian's density times the width of a bin, 2/255: for data that is not rounded.
    case gaussian(variance: Double)

    /// σ² of the Gaussian around x̂_0.
    public var variance: Double {
      switch self {
      case .discretized(let variance), .gaussian(let variance): variance
      }
    }
  }

  /// How much noise each timestep holds.
  public let schedule: NoiseSchedule
  /// σ² of p_θ(x_{t−1} | x_t) for t > 0.
  public let variance: FixedVariance
  /// p_θ(x_0 | x_1).
  public let decoder: Decoder

  /// - Parameters:
  ///   - schedule: at least two timesteps.
  ///   - variance: of each step but the last.
  ///   - decoder: the last step; nil for 256 values with the variance β̃ of t = 1, as the code of
  ///     DDPM and of improved-diffusion has it for either choice of `variance`.
  public init(_ schedule: NoiseSchedule, variance: FixedVariance = .small, decoder: Decoder? = nil)
  {
    precondition(schedule.count > 1, "a bound needs two timesteps, not \(schedule.count)")
    self.schedule = schedule
    self.variance = variance
    self.decoder = decoder ?? .discretized(variance: schedule.posterior(at: 1).variance)
  }

  /// The distance of two neighbouring values of an 8-bit picture in [−1, 1].
  public static let binWidth = 2.0 / 255
}

// MARK: - The terms

extension LikelihoodBound {
  /// σ² of step t; at t = 0 the decoder's.
  public func stepVariance(at t: Int) -> Double {
    guard t > 0 else { return decoder.variance }
    let posterior = schedule.posterior(at: t)
    return variance == .small ? posterior.variance : posterior.beta
  }

  /// The part of L_{t−1} that no prediction can save, in bits: σ² is not β̃. 0 with the small variance.
  /// - Parameter t: 0-based, above 0.
  public func floor(at t: Int) -> Double {
    let ratio = schedule.posterior(at: t).variance / stepVariance(at: t)
    return (ratio - 1 - log(ratio)) / (2 * M_LN2)
  }

  /// c_0²/(2σ²): the bits that a squared error of x̂_0 of 1 costs at step t. With the small variance
  /// this is half the signal-to-noise ratio that the step wins (Kingma et al., arXiv:2107.00630).
  public func originalWeight(at t: Int) -> Double {
    let coefficient = schedule.posterior(at: t).originalCoefficient
    return coefficient * coefficient / (2 * stepVariance(at: t) * M_LN2)
  }

  /// β²/(2σ²·α·(1 − ᾱ)): the bits that a squared error of ε̂ of 1 costs at step t, DDPM Eq. 12. L_simple
  /// (Eq. 14) puts 1 in its place.
  public func noiseWeight(at t: Int) -> Double {
    originalWeight(at: t) / schedule.level(at: t).snr
  }

  /// L_{t−1} of a step, in bits per dimension.
  /// - Parameters:
  ///   - t: 0-based, above 0; the term of t = 0 is `decoderTerm`.
  ///   - originalError: the mean over dimensions of (x_0 − x̂_0)².
  public func stepTerm(at t: Int, originalError: Double) -> Double {
    precondition(t > 0, "the term of t = 0 is the decoder's")
    return floor(at: t) + originalWeight(at: t) * originalError
  }

  /// L_0, in bits per dimension.
  /// - Parameters:
  ///   - original: x_0, any shape, range [−1, 1].
  ///   - predicted: x̂_0 at t = 0, the same shape; it is the mean of the last step.
  public func decoderTerm(original: Tensor, predicted: Tensor) -> Double {
    precondition(
      original.shape == predicted.shape, "x_0 of \(original.shape), x̂_0 of \(predicted.shape)")
    let sum = original.withUnsafeElements { x in
      predicted.withUnsafeElements { mean in
        x.indices.reduce(0.0) { $0 - logLikelihood(Double(x[$1]), mean: Double(mean[$1])) }
      }
    }
    return sum / (Double(max(original.count, 1)) * M_LN2)
  }

  /// L_T, in bits per dimension: a constant, as nothing in it is learned.
  /// - Parameter meanSquare: the mean over dimensions of x_0².
  public func priorTerm(meanSquare: Double) -> Double {
    ForwardProcess(schedule).priorDivergence(meanSquare: meanSquare)
  }

  /// ln p(x | mean) of one value.
  func logLikelihood(_ x: Double, mean: Double) -> Double {
    let deviation = decoder.variance.squareRoot()
    switch decoder {
    case .gaussian:
      let z = (x - mean) / deviation
      return log(Self.binWidth / deviation) - (z * z + log(2 * .pi)) / 2
    case .discretized:
      let above = Self.approximateCDF((x - mean + Self.binWidth / 2) / deviation)
      let below = Self.approximateCDF((x - mean - Self.binWidth / 2) / deviation)
      // The outermost values stand for all that lies beyond them.
      let probability = x < -0.999 ? above : x > 0.999 ? 1 - below : above - below
      return log(max(probability, 1e-12))
    }
  }

  /// Φ(x) as improved-diffusion has it: ½·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
  private static func approximateCDF(_ x: Double) -> Double {
    (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
  }
}
