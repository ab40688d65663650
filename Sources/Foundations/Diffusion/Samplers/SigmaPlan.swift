import Tensors

/// The plan of a sampler in k-diffusion's space, where x = x_0 + σ·ε.
///
/// Source: Karras et al. (arXiv:2206.00364); timesteps and σ as diffusers finds them.
struct SigmaPlan: Sendable {
  let transitions: [Transition]
  let initialNoiseScale: Double

  /// - Parameters:
  ///   - endsClean: whether the last step goes to σ = 0, or to the schedule's least σ.
  ///   - sigmas: how the levels are spread between those of the first and the last timestep.
  ///   - range: the least and the largest σ of levels that are spread anew, instead of those two.
  ///   - roundsKarras: whether the model is told whole timesteps for levels spread as Karras does.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing, offset: Int, endsClean: Bool,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(), roundsKarras: Bool = false
  ) throws {
    let schedule = schedule.withSignalAtEnd
    let timesteps = try spacing.fractionalTimesteps(steps, of: schedule.count, offset: offset)
    // diffusers hands its timesteps to the model in single precision.
    var levels = timesteps.map { schedule.level(at: Double(Float($0))) }
    if let spread = sigmas.sigmas(
      steps, from: range.highest ?? levels[0].sigma, to: range.lowest ?? levels[steps - 1].sigma)
    {
      let rounds = roundsKarras && sigmas == .karras
      levels = schedule.levels(ofSigmas: spread) { rounds ? $0.rounded(.toNearestOrEven) : $0 }
    }
    let end = schedule.end(isClean: endsClean)
    transitions = zip(levels, levels.dropFirst() + [end]).map { Transition(from: $0, to: $1) }
    let sigma = levels[0].sigma
    initialNoiseScale = spacing == .leading ? (sigma * sigma + 1).squareRoot() : sigma
  }
}

extension NoiseSchedule {
  /// Where a walk ends: at the image, or at the noise of timestep 0.
  func end(isClean: Bool) -> NoiseLevel {
    isClean ? .clean : NoiseLevel(t: -1, alphaCumprod: alphasCumprod[0])
  }
}

extension Sampler {
  /// Shows the model x at a noise level, scaled as the model expects it.
  func evaluate(_ predictor: any NoisePredictor, _ x: Tensor, at level: NoiseLevel) -> Evaluation {
    let scale = space.inputScale(at: level)
    return predictor.evaluate(scale == 1 ? x : Float(scale) * x, at: level)
  }

  /// dx/dσ = (x − x̂_0)/σ, the direction in which noise grows (Karras et al. Eq. 3).
  func derivative(_ x: Tensor, original: Tensor, at level: NoiseLevel) -> Tensor {
    .combination(1 / level.sigma, x, -1 / level.sigma, original)
  }
}
