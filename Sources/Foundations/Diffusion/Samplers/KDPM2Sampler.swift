import Tensors

/// The midpoint method in ln σ: an Euler step to the middle, then the whole step along the slope there.
///
///     d  = (x − x̂_0(x; σ))/σ,       σ_m = √(σ σ'),   x_m = x + (σ_m − σ) · d
///     d_m = (x_m − x̂_0(x_m; σ_m))/σ_m
///     x ← x + (σ' − σ) · d_m                   the last step, to σ' = 0, stays an Euler step
///
/// The ancestral form goes further down than asked at each step, then up again by noise:
///
///     σ_down = σ'²/σ,  σ_up² = σ'² − σ_down²,  σ_m = √(σ σ_down) = σ'
///     x ← x + (σ_down − σ) · d_m + σ_up · z
///
/// Source: k-diffusion's `sample_dpm_2` and `sample_dpm_2_ancestral`, inspired by DPM-Solver-2 (Lu et al.,
/// arXiv:2206.00927 Algorithm 1) and Karras et al. (arXiv:2206.00364) Algorithm 2. S steps call the model
/// 2S − 1 times.
public struct KDPM2Sampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// The standard deviation of the noise to start from.
  public let initialNoiseScale: Double
  /// Whether this is the ancestral form, which draws noise at every step but the last.
  public let drawsNoise: Bool
  /// How x is scaled between steps.
  public var space: SampleSpace { .varianceExploding }
  /// σ_m of each move but the last.
  private let middles: [NoiseLevel]

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - drawsNoise: true for the ancestral form.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(), drawsNoise: Bool = false
  ) throws {
    let plan = try SigmaPlan(
      schedule, steps: steps, spacing: spacing, offset: offset, endsClean: true, sigmas: sigmas,
      range: range, roundsKarras: true)
    (self.plan, initialNoiseScale) = (plan.transitions, plan.initialNoiseScale)
    self.drawsNoise = drawsNoise
    let ends = plan.transitions.map { (from: $0.from.sigma, to: Self.end(of: $0, drawsNoise)) }
    middles = schedule.withSignalAtEnd.levels(
      ofSigmas: ends.filter { $0.to > 0 }.map { ($0.from * $0.to).squareRoot() })
  }

  /// Where a move ends before noise is added: σ_down, or σ' where there is none.
  private static func end(of move: Transition, _ drawsNoise: Bool) -> Double {
    let target = move.to.sigma
    return drawsNoise ? target * target / move.from.sigma : target
  }

  /// How often the model is called when the walk begins at a step of the plan.
  public func modelCalls(from index: Int) -> Int { max(2 * (plan.count - index) - 1, 0) }

  /// Makes move `index` of the plan; see `Sampler`.
  public func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (move, target) = (plan[index], plan[index].to.sigma)
    let end = Self.end(of: move, drawsNoise)
    let (evaluations, mean) = moved(
      x, from: move.from, through: index < middles.count ? middles[index] : nil, to: end, predictor)
    let up = (target * target - end * end).squareRoot()
    return DenoisingStep(
      index: index, transition: move, current: x, evaluations: evaluations, mean: mean, std: up,
      noise: up > 0 ? generator.normal(x.shape) : nil)
  }

  /// x taken to σ along the slope at `middle`, or along that at `from` where there is no middle.
  private func moved(
    _ x: Tensor, from: NoiseLevel, through middle: NoiseLevel?, to sigma: Double,
    _ predictor: any NoisePredictor
  ) -> (evaluations: [Evaluation], mean: Tensor) {
    let first = evaluate(predictor, x, at: from)
    let d = derivative(x, original: first.predictedOriginal, at: from)
    guard let middle else { return ([first], .combination(1, x, sigma - from.sigma, d)) }
    let trial = Tensor.combination(1, x, middle.sigma - from.sigma, d)
    let second = evaluate(predictor, trial, at: middle)
    let slope = derivative(trial, original: second.predictedOriginal, at: middle)
    return ([first, second], .combination(1, x, sigma - from.sigma, slope))
  }
}
