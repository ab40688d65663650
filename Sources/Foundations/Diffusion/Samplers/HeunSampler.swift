import Tensors

/// Heun's method: an Euler step, then again with the mean of the tangents at both its ends.
///
///     d  = (x − x̂_0(x; σ))/σ,     x' = x + (σ' − σ) · d
///     d' = (x' − x̂_0(x'; σ'))/σ'
///     x ← x + (σ' − σ) · (d + d')/2            the last step, to σ' = 0, stays an Euler step
///
/// Source: Karras et al. (arXiv:2206.00364) Algorithm 1. S steps call the model 2S − 1 times.
public struct HeunSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// The standard deviation of the noise to start from.
  public let initialNoiseScale: Double
  /// Where x̂_0 is held; nil leaves it as it is.
  public let clipRange: ClosedRange<Float>?
  /// How x is scaled between steps.
  public var space: SampleSpace { .varianceExploding }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - clipRange: [−1, 1] for pixels; nil for latents.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(),
    clipRange: ClosedRange<Float>? = nil
  ) throws {
    let plan = try SigmaPlan(
      schedule, steps: steps, spacing: spacing, offset: offset, endsClean: true,
      sigmas: sigmas, range: range)
    self.plan = plan.transitions
    self.clipRange = clipRange
    initialNoiseScale = plan.initialNoiseScale
  }

  /// How often the model is called when the walk begins at a step of the plan.
  public func modelCalls(from index: Int) -> Int { max(2 * (plan.count - index) - 1, 0) }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (from, to) = (plan[index].from, plan[index].to)
    var evaluations = [evaluate(predictor, x, at: from)]
    let original = evaluations[0].predictedOriginal.clamped(within: clipRange)
    let d = derivative(x, original: original, at: from)
    var mean = Tensor.combination(1, x, to.sigma - from.sigma, d)
    if to != .clean {
      evaluations.append(evaluate(predictor, mean, at: to))
      let clipped = evaluations[1].predictedOriginal.clamped(within: clipRange)
      let average = 0.5 * (d + derivative(mean, original: clipped, at: to))
      mean = .combination(1, x, to.sigma - from.sigma, average)
    }
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: evaluations,
      predictedOriginal: original, mean: mean)
  }
}
