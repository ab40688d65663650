import Tensors

/// Denoising diffusion implicit models: the same model, fewer steps, as little noise as one likes.
///
///     σ = η · √( (1 − ᾱ_p)/(1 − ᾱ_t) · (1 − ᾱ_t/ᾱ_p) )
///     x_p = √ᾱ_p · x̂_0 + √(1 − ᾱ_p − σ²) · ε̂ + σ · z
///
/// Source: DDIM (arXiv:2010.02502) Eq. 12 and 16, whose α is our ᾱ. η = 0 is deterministic; η = 1
/// over all timesteps is DDPM with the small variance. Timesteps are 0-based.
public struct DDIMSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// η.
  public let eta: Double
  /// Where x̂_0 is held; ε̂ stays as the model said it. nil leaves x̂_0 as it is.
  public let clipRange: ClosedRange<Float>?
  /// Where η is above 0.
  public var drawsNoise: Bool { eta > 0 }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - eta: η: 0 takes DDIM's own step without noise, 1 as much noise as DDPM.
  ///   - endsClean: whether the last step goes to ᾱ = 1; otherwise to ᾱ_0, as Stable Diffusion does
  ///     (diffusers' `set_alpha_to_one`).
  ///   - clipRange: [−1, 1] for pixels; nil for latents.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  /// - Precondition: η is not negative.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .leading, offset: Int = 0,
    eta: Double = 0, endsClean: Bool = true, clipRange: ClosedRange<Float>? = -1...1
  ) throws {
    precondition(eta >= 0, "eta must not be negative: \(eta)")
    let timesteps = try spacing.timesteps(steps, of: schedule.count, offset: offset)
    plan = timesteps.map {
      schedule.transition(from: $0, by: schedule.count / steps, endsClean: endsClean)
    }
    self.eta = eta
    self.clipRange = clipRange
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let transition = plan[index]
    let evaluation = predictor.evaluate(x, at: transition.from)
    let original = evaluation.predictedOriginal.clamped(within: clipRange)
    let std = eta * max(Posterior(transition).variance, 0).squareRoot()
    let direction = max(1 - transition.to.alphaCumprod - std * std, 0).squareRoot()
    return DenoisingStep(
      index: index, transition: transition, current: x, evaluations: [evaluation],
      predictedOriginal: original,
      mean: .combination(
        transition.to.signalScale, original, direction, evaluation.predictedNoise),
      std: std, noise: eta > 0 ? generator.normal(x.shape) : nil)
  }
}

extension NoiseSchedule {
  /// The move from timestep t to t − `stride`, which is how diffusers finds the level below: with
  /// `linspace` and `trailing` spacing that may be next to the timestep that is visited then.
  /// - Parameter endsClean: whether a move past timestep 0 ends at ᾱ = 1 or at ᾱ_0.
  func transition(from t: Int, by stride: Int, endsClean: Bool) -> Transition {
    Transition(
      from: level(at: t), to: t >= stride ? level(at: t - stride) : end(isClean: endsClean))
  }
}
