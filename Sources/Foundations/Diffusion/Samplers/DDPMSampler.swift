import Tensors

/// Which of the two fixed variances a DDPM step uses (DDPM §3.2).
public enum FixedVariance: String, CaseIterable, Sendable {
  /// β̃, the posterior variance: right when the data is a single image.
  case small
  /// β: right when the data is itself standard normal noise.
  case large
}

/// Ancestral sampling: each step draws x_{t−1} around the posterior mean of the predicted image.
///
///     for t = T−1, …, 0:
///       x̂_0 = (x_t − √(1 − ᾱ_t)·ε_θ(x_t, t)) / √ᾱ_t, clipped
///       x_{t−1} = μ̃(x̂_0, x_t) + σ_t · z,  z ~ N(0, I), and z = 0 at the last step
///
/// Source: DDPM (arXiv:2006.11239) Algorithm 2 with Eq. 7 and 15. Timesteps are 0-based. The last
/// step never adds noise; diffusers does with `large` when its last timestep is above 0.
public struct DDPMSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// σ_t²: which of the two fixed variances is used.
  public let variance: FixedVariance
  /// Where x̂_0 is held; nil leaves it as it is.
  public let clipRange: ClosedRange<Float>?
  /// At every step but the last.
  public var drawsNoise: Bool { true }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many of the schedule's timesteps are visited; all of them by default.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - variance: which of the two fixed ones.
  ///   - clipRange: [−1, 1] for pixels; nil for latents.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int? = nil, spacing: TimestepSpacing = .leading,
    offset: Int = 0, variance: FixedVariance = .small, clipRange: ClosedRange<Float>? = -1...1
  ) throws {
    let timesteps = try spacing.timesteps(
      steps ?? schedule.count, of: schedule.count, offset: offset)
    plan = zip(timesteps, timesteps.dropFirst() + [-1]).map {
      Transition(from: schedule.level(at: $0), to: schedule.level(at: $1))
    }
    self.variance = variance
    self.clipRange = clipRange
  }

  /// Draws from p_θ(x_{t−1} | x_t).
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let transition = plan[index]
    let posterior = Posterior(transition)
    let evaluation = predictor.evaluate(x, at: transition.from)
    let original = evaluation.predictedOriginal.clamped(within: clipRange)
    let isLast = transition.to == .clean
    let variance = variance == .small ? posterior.variance : posterior.beta
    return DenoisingStep(
      index: index, transition: transition, current: x, evaluations: [evaluation],
      predictedOriginal: original, mean: posterior.mean(original: original, current: x),
      std: isLast ? 0 : variance.squareRoot(), noise: isLast ? nil : generator.normal(x.shape))
  }
}

extension Tensor {
  /// Every element held within a range, or the tensor itself when there is none.
  func clamped(within range: ClosedRange<Float>?) -> Tensor {
    range.map { clamped(to: $0) } ?? self
  }
}
