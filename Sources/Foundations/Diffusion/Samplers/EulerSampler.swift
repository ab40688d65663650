import Tensors

/// Euler's method for the probability flow: along the tangent from σ to the next σ.
///
///     d = (x − x̂_0(x; σ)) / σ
///     x ← x + (σ' − σ) · d
///
/// Source: Karras et al. (arXiv:2206.00364) Algorithm 1 without its corrector; k-diffusion.
public struct EulerSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// The standard deviation of the noise to start from.
  public let initialNoiseScale: Double
  /// How x is scaled between steps.
  public var space: SampleSpace { .varianceExploding }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - endsClean: whether the last step goes to σ = 0, or to the schedule's least σ.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(),
    endsClean: Bool = true
  ) throws {
    let plan = try SigmaPlan(
      schedule, steps: steps, spacing: spacing, offset: offset, endsClean: endsClean,
      sigmas: sigmas, range: range)
    self.plan = plan.transitions
    initialNoiseScale = plan.initialNoiseScale
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (from, to) = (plan[index].from, plan[index].to)
    let evaluation = evaluate(predictor, x, at: from)
    let d = derivative(x, original: evaluation.predictedOriginal, at: from)
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: .combination(1, x, to.sigma - from.sigma, d))
  }
}

/// Euler's method with fresh noise at each step: further down than asked, then up again by noise.
///
///     σ_up² = σ'² · (σ² − σ'²)/σ²,  σ_down² = σ'² − σ_up²
///     x ← x + (σ_down − σ) · d + σ_up · z
///
/// Source: k-diffusion's `sample_euler_ancestral`; σ_up is DDPM's small variance in this space.
public struct EulerAncestralSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// The standard deviation of the noise to start from.
  public let initialNoiseScale: Double
  /// How x is scaled between steps.
  public var space: SampleSpace { .varianceExploding }
  /// At every step but the last.
  public var drawsNoise: Bool { true }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0
  ) throws {
    let plan = try SigmaPlan(
      schedule, steps: steps, spacing: spacing, offset: offset, endsClean: true)
    self.plan = plan.transitions
    initialNoiseScale = plan.initialNoiseScale
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (sigma, target) = (plan[index].from.sigma, plan[index].to.sigma)
    let evaluation = evaluate(predictor, x, at: plan[index].from)
    let d = derivative(x, original: evaluation.predictedOriginal, at: plan[index].from)
    let down = target * target / sigma
    let up = (target * target - down * down).squareRoot()
    // Drawn even at the last step, where it counts nothing, to stay in step with diffusers.
    let noise = generator.normal(x.shape)
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: .combination(1, x, down - sigma, d), std: up, noise: up > 0 ? noise : nil)
  }
}
