import Foundation
import Tensors

/// One move of a sampler: from a noise level to a lower one.
public struct Transition: Sendable, Equatable {
  /// Where the move begins.
  public let from: NoiseLevel
  /// Where it ends.
  public let to: NoiseLevel

  /// A move between two levels.
  public init(from: NoiseLevel, to: NoiseLevel) {
    self.from = from
    self.to = to
  }
}

/// The true reverse step when x_0 is known: q(x_{t−1} | x_t, x_0), a Gaussian.
///
///     mean     μ̃ = √ᾱ_{t−1}·β/(1 − ᾱ_t) · x_0  +  √α·(1 − ᾱ_{t−1})/(1 − ᾱ_t) · x_t
///     variance β̃ = β · (1 − ᾱ_{t−1})/(1 − ᾱ_t)
///
/// Source: DDPM (arXiv:2006.11239) Eq. 6 and 7. When timesteps are skipped, α = ᾱ_t/ᾱ_{t−1} and
/// β = 1 − α belong to the whole move, and the same formulas hold.
public struct Posterior: Sendable, Equatable {
  /// The move that the step makes.
  public let transition: Transition

  /// The posterior of a move, over one timestep or over several.
  public init(_ transition: Transition) { self.transition = transition }

  /// α = ᾱ_t/ᾱ_{t−1}
  public var alpha: Double { transition.from.alphaCumprod / transition.to.alphaCumprod }
  /// β = 1 − α: the noise of this move alone; also the larger of the two fixed variances.
  public var beta: Double { 1 - alpha }

  /// √ᾱ_{t−1}·β/(1 − ᾱ_t), the weight of x_0 in the mean.
  public var originalCoefficient: Double {
    transition.to.signalScale * beta / (1 - transition.from.alphaCumprod)
  }
  /// √α·(1 − ᾱ_{t−1})/(1 − ᾱ_t), the weight of x_t in the mean.
  public var currentCoefficient: Double {
    alpha.squareRoot() * (1 - transition.to.alphaCumprod) / (1 - transition.from.alphaCumprod)
  }
  /// β̃; 0 on the last step.
  public var variance: Double {
    beta * (1 - transition.to.alphaCumprod) / (1 - transition.from.alphaCumprod)
  }

  /// μ̃ from x_0 (or a prediction of it) and x_t.
  public func mean(original: Tensor, current: Tensor) -> Tensor {
    .combination(originalCoefficient, original, currentCoefficient, current)
  }

  /// The same mean written with the noise, DDPM Eq. 11 and Algorithm 2:
  ///
  ///     μ = ( x_t − β/√(1 − ᾱ_t) · ε ) / √α
  ///
  /// Equal to `mean(original:current:)` when x_0 is the one that this noise implies; clipping x̂_0
  /// is what makes them differ. Not finite at ᾱ_t = 0.
  public func mean(noise: Tensor, current: Tensor) -> Tensor {
    let root = alpha.squareRoot()
    return .combination(1 / root, current, -beta / (transition.from.noiseScale * root), noise)
  }
}

extension NoiseSchedule {
  /// The posterior of the single step from t to t − 1; t is 0-based, and step 0 ends at the image.
  public func posterior(at t: Int) -> Posterior {
    Posterior(Transition(from: level(at: t), to: level(at: t - 1)))
  }
}
