import Foundation
import Tensors

/// UniPC: a multistep predictor, and a corrector that puts each new x̂_0 to use twice.
///
///     h = λ' − λ,  B = e^{−h} − 1,  r = (λ_before − λ)/h,  D = (x̂_0 before − x̂_0)/r
///     base(x)   = √(1 − ᾱ')/√(1 − ᾱ) · x − √ᾱ' · B · x̂_0
///     predictor: x' = base(x) − √ᾱ' · B · ½ D
///     corrector: x' = base(x) − √ᾱ' · B · (ρ_1 D + ρ_2 (x̂_0' − x̂_0)),   x̂_0' the model's at x'
///
/// The corrector needs no further call: x̂_0' is what the next step asks for anyway. ρ solves
/// ρ_1 + ρ_2 = b_1, r·ρ_1 + ρ_2 = b_2 (Eq. 11 with B_2(h)); at first order D drops out and ρ_2 = ½.
///
/// Source: Zhao et al. (arXiv:2302.04867) Algorithms 5 to 8, variant B_2 (`bh2` in diffusers), order 2.
public struct UniPCSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// 1 or 2.
  public let order: Int
  private let lowerOrderFinal: Bool
  private var last: Move?

  /// What the corrector of the next step needs to know of this one.
  private struct Move {
    /// x where the move began, corrected.
    let x: Tensor
    let evaluation: Evaluation
    /// The evaluation before it, nil for a move of first order.
    let before: Evaluation?
  }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - order: 2 or 1.
  ///   - endsClean: whether the last step goes to the clean image, or to the noise of timestep 0.
  ///   - lowerOrderFinal: whether the last step is of first order wherever it ends.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  /// - Precondition: `order` is 1 or 2.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(), order: Int = 2,
    endsClean: Bool = true, lowerOrderFinal: Bool = true
  ) throws {
    precondition((1...2).contains(order), "UniPC of order \(order)")
    var plan = try schedule.solverPlan(
      steps: steps, spacing: spacing, offset: offset, endsClean: endsClean, sigmas: sigmas,
      range: range)
    // Levels of its own end where they end, not at timestep 0.
    if sigmas != .timesteps, !endsClean, let last = plan.popLast() {
      plan.append(
        Transition(from: last.from, to: NoiseLevel(t: -1, alphaCumprod: last.from.alphaCumprod)))
    }
    self.plan = plan
    self.order = order
    self.lowerOrderFinal = lowerOrderFinal || endsClean
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let move = plan[index]
    let evaluation = evaluate(predictor, x, at: move.from)
    let corrected = last.map { correct($0, by: evaluation) } ?? x
    let isFirstOrder = order == 1 || (lowerOrderFinal && index == plan.count - 1)
    let this = Move(
      x: corrected, evaluation: evaluation, before: isFirstOrder ? nil : last?.evaluation)
    last = this
    return DenoisingStep(
      index: index, transition: move, current: x, evaluations: [evaluation],
      mean: predict(this, to: move.to))
  }

  /// UniP: from the move's beginning to a level.
  private func predict(_ move: Move, to level: NoiseLevel) -> Tensor {
    let terms = Terms(move, to: level)
    guard let difference = terms.difference else { return terms.base }
    return .combination(1, terms.base, terms.weight / 2, difference)
  }

  /// UniC: the same move again, now that the model has spoken at its end.
  private func correct(_ move: Move, by evaluation: Evaluation) -> Tensor {
    let terms = Terms(move, to: evaluation.level)
    let news = evaluation.predictedOriginal - move.evaluation.predictedOriginal
    guard let difference = terms.difference else {
      return .combination(1, terms.base, terms.weight / 2, news)
    }
    let (first, second) = terms.correctorWeights
    let old = Tensor.combination(1, terms.base, terms.weight * first, difference)
    return .combination(1, old, terms.weight * second, news)
  }

  /// The quantities that predictor and corrector share.
  private struct Terms {
    let h: Double
    /// r
    let ratio: Double
    /// −√ᾱ' · B
    let weight: Double
    let base: Tensor
    /// D, nil at first order.
    let difference: Tensor?

    init(_ move: Move, to level: NoiseLevel) {
      let from = move.evaluation.level
      let original = move.evaluation.predictedOriginal
      let h = level.lambda - from.lambda
      let weight = -level.signalScale * expm1(-h)
      let ratio = move.before.map { ($0.level.lambda - from.lambda) / h } ?? 1
      self.h = h
      self.ratio = ratio
      self.weight = weight
      base = .combination(level.noiseScale / from.noiseScale, move.x, weight, original)
      difference = move.before.map {
        .combination(1 / ratio, $0.predictedOriginal, -1 / ratio, original)
      }
    }

    /// ρ_1 and ρ_2.
    var correctorWeights: (Double, Double) {
      let b = expm1(-h)
      let phi2 = b / -h - 1
      let phi3 = phi2 / -h - 0.5
      let (b1, b2) = (phi2 / b, 2 * phi3 / b)
      let first = (b1 - b2) / (1 - ratio)
      return (first, b1 - first)
    }
  }
}
