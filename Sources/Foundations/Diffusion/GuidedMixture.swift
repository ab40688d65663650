import Tensors

/// Data with a class, all of it known: p(x) is a mixture, and some of its components are the class.
///
///     p(x | c) = Σ_{k ∈ c} w_k · N(x; μ_k, Σ_k) / p(c),   p(c | x) = p(c)·p(x | c)/p(x)
///
/// So the density that guidance is said to draw from can be written down at every noise level, and
/// what guidance draws can be held against it.
public struct GuidedMixture: Sendable {
  /// p(x), all of the data.
  public let whole: GaussianMixture
  /// p(x | c), the class alone.
  public let ofClass: GaussianMixture

  /// - Parameters:
  ///   - whole: all of the data.
  ///   - components: which of its components are the class, by their positions; at least one.
  public init(_ whole: GaussianMixture, class components: [Int]) {
    precondition(
      !components.isEmpty && components.allSatisfy(whole.weights.indices.contains),
      "components \(components) of \(whole.count)")
    self.whole = whole
    ofClass = GaussianMixture(
      means: .concatenated(components.map { whole.means.rows($0..<$0 + 1) }, along: 0),
      variances: whole.variances.picked(components),
      weights: components.map { whole.weights[$0] })
  }

  /// ln( q_t(x)·q_t(c | x)^s ) up to a constant, for each row: the density whose score the guided
  /// noise stands for at this level.
  ///
  ///     s · ln q_t(x | c) + (1 − s) · ln q_t(x)
  ///
  /// - Parameters:
  ///   - x: shape [B, …].
  ///   - scale: s; 1 is the class itself.
  ///   - level: ᾱ of the noise that x holds.
  public func logTilted(_ x: Tensor, scale: Double, at level: NoiseLevel) -> [Double] {
    zip(ofClass.logDensity(x, at: level), whole.logDensity(x, at: level)).map {
      scale * $0 + (1 - scale) * $1
    }
  }
}

extension GaussianMixture.Variances {
  fileprivate func picked(_ components: [Int]) -> Self {
    switch self {
    case .isotropic(let values): .isotropic(components.map { values[$0] })
    case .diagonal(let rows): .diagonal(components.map { rows[$0] })
    }
  }
}

/// Classifier-free guidance with nothing learned: both halves are the best possible predictions.
public struct GuidedMixtureDenoiser: ExactPredictor, Sendable {
  /// The data and its class.
  public let mixture: GuidedMixture
  /// How much noise each timestep holds.
  public let schedule: NoiseSchedule
  /// s in ε_u + s·(ε_c − ε_u).
  public let scale: Double
  /// Where guidance acts, and what becomes of its spread.
  public let refinements: GuidanceRefinements

  /// - Parameters:
  ///   - mixture: the data and its class.
  ///   - schedule: how much noise each timestep holds.
  ///   - scale: s; 1 is no guidance.
  ///   - refinements: where guidance acts, and what becomes of its spread.
  public init(
    _ mixture: GuidedMixture, schedule: NoiseSchedule, scale: Double,
    refinements: GuidanceRefinements = GuidanceRefinements()
  ) {
    (self.mixture, self.schedule) = (mixture, schedule)
    (self.scale, self.refinements) = (scale, refinements)
  }

  /// The guided E[ε | x_t], shape as x; t is 0-based and may lie between two timesteps.
  public func predict(_ x: Tensor, at t: Double) -> Prediction {
    let level = schedule.level(at: t)
    let conditional = mixture.ofClass.expectedNoise(x, at: level)
    guard scale != 1, refinements.act(at: level) else { return Prediction(output: conditional) }
    let guidance = Guidance(
      unconditional: mixture.whole.expectedNoise(x, at: level), conditional: conditional,
      scale: scale, rescale: refinements.rescale)
    return Prediction(output: guidance.combined, guidance: guidance)
  }

  /// The guided E[x_0 | x_t], shape as x.
  public func expectedOriginal(_ x: Tensor, at level: NoiseLevel) -> Tensor {
    let conditional = mixture.ofClass.expectedOriginal(x, at: level)
    guard scale != 1, refinements.act(at: level) else { return conditional }
    return Guidance(
      unconditional: mixture.whole.expectedOriginal(x, at: level), conditional: conditional,
      scale: scale, rescale: refinements.rescale
    ).combined
  }
}
