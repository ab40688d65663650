import Tensors

/// The terms of one DDPM step as a teacher would write them down.
public struct ReverseLedger: Sendable {
  /// 0-based.
  public let t: Double
  /// 0-based; −1 on the last step.
  public let previousT: Double
  /// β of this move: 1 − ᾱ_t/ᾱ_{t−1}.
  public let beta: Double
  /// ᾱ_t
  public let alphaCumprod: Double
  /// ᾱ_{t−1}; 1 on the last step.
  public let alphaCumprodPrevious: Double
  /// The weight of x̂_0 in the mean.
  public let originalCoefficient: Double
  /// The weight of x_t in the mean.
  public let currentCoefficient: Double
  /// β̃
  public let posteriorVariance: Double
  /// σ: the standard deviation of the noise that was added; 0 on the last step.
  public let std: Double
  /// x̂_0 before clipping.
  public let unclippedOriginal: Tensor
  /// The share of the elements of x̂_0 that clipping changed.
  public let clippedFraction: Double
  /// μ from x̂_0 and x_t (DDPM Eq. 7): what the step used.
  public let posteriorMean: Tensor
  /// μ from ε̂ and x_t (DDPM Eq. 11); nil where nothing of the image is left in x_t: it divides by √α_t.
  public let noiseFormMean: Tensor?
  /// max |posteriorMean − noiseFormMean|: one unit in the last place, unless x̂_0 was clipped.
  public let meanResidual: Float?

  /// - Parameter step: a step of `DDPMSampler`.
  public init(_ step: DenoisingStep) {
    let transition = step.transition
    let posterior = Posterior(transition)
    t = transition.from.t
    previousT = transition.to.t
    beta = posterior.beta
    alphaCumprod = transition.from.alphaCumprod
    alphaCumprodPrevious = transition.to.alphaCumprod
    originalCoefficient = posterior.originalCoefficient
    currentCoefficient = posterior.currentCoefficient
    posteriorVariance = posterior.variance
    std = step.std
    unclippedOriginal = step.evaluations[0].predictedOriginal
    clippedFraction = Self.fraction(of: unclippedOriginal, unlike: step.predictedOriginal)
    posteriorMean = step.mean
    let noiseFormMean =
      alphaCumprod == 0
      ? nil : posterior.mean(noise: step.predictedNoise, current: step.current)
    meanResidual = noiseFormMean.map { [posteriorMean] in posteriorMean.maxAbsDifference(from: $0) }
    self.noiseFormMean = noiseFormMean
  }

  private static func fraction(of a: Tensor, unlike b: Tensor) -> Double {
    let different = a.withUnsafeElements { a in
      b.withUnsafeElements { b in
        var different: Int32 = 0
        for i in a.indices { different &+= a[i] == b[i] ? 0 : 1 }
        return different
      }
    }
    return Double(different) / Double(max(a.count, 1))
  }
}
