import Tensors

/// Pseudo linear multistep sampling: DDIM steps along a weighted mean of the last noises.
///
///     1st step: ε' = (ε(x_t) + ε(x_p))/2, x_p from a trial DDIM step       2 calls of the model
///     2nd:      ε' = (3ε_0 − ε_1)/2
///     3rd:      ε' = (23ε_0 − 16ε_1 + 5ε_2)/12
///     then:     ε' = (55ε_0 − 59ε_1 + 37ε_2 − 9ε_3)/24                     newest noise first
///
/// Source: PNDM (arXiv:2202.09778) Eq. 9 and 12 with the start of CompVis's `plms.py`. S steps call
/// the model S + 1 times. Timesteps are 0-based.
public struct PLMSSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// The last noises, newest first.
  private var history: [Tensor] = []

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - endsClean: whether the last step goes to ᾱ = 1; otherwise to ᾱ_0, as CompVis does.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .leading, offset: Int = 1,
    endsClean: Bool = false
  ) throws {
    let schedule = schedule.withSignalAtEnd
    plan = try spacing.timesteps(steps, of: schedule.count, offset: offset).map {
      schedule.transition(from: $0, by: schedule.count / steps, endsClean: endsClean)
    }
  }

  /// How often the model is called when the walk begins at a step of the plan.
  public func modelCalls(from index: Int) -> Int {
    index < plan.count ? plan.count - index + 1 : 0
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let move = plan[index]
    var evaluations = [evaluate(predictor, x, at: move.from)]
    let noise = evaluations[0].predictedNoise
    let combined: Tensor
    if history.isEmpty {
      let trial = move.deterministic(x, noise: noise)
      let following = plan[min(index + 1, plan.count - 1)].from
      evaluations.append(evaluate(predictor, trial, at: following))
      combined = 0.5 * (noise + evaluations[1].predictedNoise)
    } else {
      combined = multistep([noise] + history)
    }
    history = [noise] + history.prefix(2)
    return DenoisingStep(
      index: index, transition: move, current: x, evaluations: evaluations,
      mean: move.deterministic(x, noise: combined))
  }
}

/// PLMS as diffusers runs it (`PNDMScheduler` with `skip_prk_steps`): every call of the model is a
/// step of its own, and the first timestep after the start comes twice: 981, 961, 961, 941, …
///
/// The second step does not go on: it goes back to where the first began and repeats it with the
/// mean of both noises. A walk that begins in the middle of the plan finds no timestep twice, and
/// its second step stays one timestep behind; diffusers does the same. With v-prediction the
/// outputs are combined first and read as noise afterwards, also as in diffusers.
///
/// Source: PNDM (arXiv:2202.09778) Eq. 9 and 12.
public struct PNDMSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// S, the number of steps that were asked for; the plan has one more from S = 2 on.
  public let steps: Int
  private let schedule: NoiseSchedule
  private var calls = 0
  /// The last outputs of the model, newest first.
  private var history: [Tensor] = []
  /// Where the first step began.
  private var beginning: Tensor?

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited; the plan has one step more.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - endsClean: whether the last step goes to ᾱ = 1 or to ᾱ_0.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .leading, offset: Int = 1,
    endsClean: Bool = false
  ) throws {
    self.schedule = schedule.withSignalAtEnd
    self.steps = steps
    let timesteps = try spacing.timesteps(steps, of: schedule.count, offset: offset)
    var plan = timesteps.map { [schedule = self.schedule] in
      schedule.transition(from: $0, by: schedule.count / steps, endsClean: endsClean)
    }
    if plan.count > 1 { plan.insert(Transition(from: plan[1].from, to: plan[1].from), at: 1) }
    self.plan = plan
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let evaluation = evaluate(predictor, x, at: plan[index].from)
    let output = evaluation.prediction.output
    var (move, origin) = (plan[index], x)
    let combined: Tensor
    if calls == 1, let beginning, let first = history.first {
      let t = Int(move.from.t)
      let above = min(t + schedule.count / steps, schedule.count - 1)
      move = Transition(from: schedule.level(at: above), to: schedule.level(at: t))
      origin = beginning
      combined = 0.5 * (output + first)
    } else {
      combined = multistep([output] + history)
      history = [output] + history.prefix(2)
    }
    if calls == 0 { beginning = x }
    calls += 1
    let noise = predictor.predictionType.noise(saidBy: combined, of: origin, at: move.from)
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: move.deterministic(origin, noise: noise))
  }
}

/// The Adams–Bashforth mean of as many outputs as there are, newest first.
private func multistep(_ outputs: [Tensor]) -> Tensor {
  let weights: [Double]
  switch outputs.count {
  case 1: return outputs[0]
  case 2: weights = [3.0 / 2, -1.0 / 2]
  case 3: weights = [23.0 / 12, -16.0 / 12, 5.0 / 12]
  default: weights = [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24]
  }
  let first = Tensor.combination(weights[0], outputs[0], weights[1], outputs[1])
  return zip(weights, outputs).dropFirst(2).reduce(first) { .combination(1, $0, $1.0, $1.1) }
}

extension Transition {
  /// The DDIM move without noise: the same x̂_0 and ε at the lower level (PNDM Eq. 9).
  ///
  ///     x' = √(ᾱ'/ᾱ) · x + ( √(1 − ᾱ') − √(ᾱ'(1 − ᾱ)/ᾱ) ) · ε
  func deterministic(_ x: Tensor, noise: Tensor) -> Tensor {
    let ratio = to.signalScale / from.signalScale
    return .combination(ratio, x, to.noiseScale - ratio * from.noiseScale, noise)
  }
}
