import Foundation
import Tensors

/// DPM-Solver++ 2M: the exact solution of the linear part, with x̂_0 as a line through its last two.
///
///     h = λ' − λ,  r = (λ − λ_before)/h                        λ = ln(√ᾱ/√(1 − ᾱ))
///     D = x̂_0 + (x̂_0 − x̂_0 before)/(2r)                        D = x̂_0 at first order
///     x ← √(1 − ᾱ')/√(1 − ᾱ) · x + √ᾱ' · (1 − e^{−h}) · D
///
/// Source: Lu et al. (arXiv:2211.01095) Algorithm 2, `midpoint` in diffusers. The first step is of
/// first order, and so is the last one when it ends at the clean image, where h is infinite.
public struct DPMSolverSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// 1 or 2.
  public let order: Int
  /// Whether the last step is of first order wherever it ends.
  private let lastIsFirstOrder: Bool
  private var previous: Evaluation?

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - order: 2, or 1, which is DDIM.
  ///   - endsClean: whether the last step goes to the clean image, or to the noise of timestep 0.
  ///   - lowerOrderFinal: whether the last of fewer than 15 steps is of first order.
  ///   - eulerAtFinal: whether the last step is of first order however many there are.
  ///   - minimumLambda: timesteps with a lower λ are left out; cosine schedules need it.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  /// - Precondition: `order` is 1 or 2.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(), order: Int = 2,
    endsClean: Bool = true, lowerOrderFinal: Bool = true, eulerAtFinal: Bool = false,
    minimumLambda: Double = -.infinity
  ) throws {
    precondition((1...2).contains(order), "DPM-Solver++ of order \(order)")
    let schedule = schedule.withSignalAtEnd
    let limit = schedule.count - schedule.logSNR.count { $0 / 2 < minimumLambda }
    plan = try schedule.solverPlan(
      steps: steps, spacing: spacing, below: limit, offset: offset, endsClean: endsClean,
      sigmas: sigmas, range: range)
    self.order = order
    lastIsFirstOrder = endsClean || eulerAtFinal || (lowerOrderFinal && steps < 15)
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (from, to) = (plan[index].from, plan[index].to)
    let evaluation = evaluate(predictor, x, at: from)
    let h = to.lambda - from.lambda
    var direction = evaluation.predictedOriginal
    let firstOrder = order == 1 || (index == plan.count - 1 && lastIsFirstOrder)
    if let previous, !firstOrder {
      let slope = h / (2 * (from.lambda - previous.level.lambda))
      direction = .combination(1 + slope, direction, -slope, previous.predictedOriginal)
    }
    previous = evaluation
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: .combination(
        to.noiseScale / from.noiseScale, x, -to.signalScale * expm1(-h), direction))
  }
}

extension NoiseSchedule {
  /// The plan of a solver that spreads S + 1 points over the schedule and replaces the lowest by
  /// its end.
  /// - Parameters:
  ///   - sigmas: spreads the levels over the whole schedule instead, or over `range`.
  func solverPlan(
    steps: Int, spacing: TimestepSpacing, below limit: Int, offset: Int, endsClean: Bool,
    sigmas: SigmaSpacing, range: SigmaRange = SigmaRange()
  ) throws -> [Transition] {
    let timesteps = try spacing.solverTimesteps(
      steps, of: count, below: limit, offset: offset)
    var levels = timesteps.map { level(at: $0) }
    if let spread = sigmas.sigmas(
      steps, from: range.highest ?? level(at: count - 1).sigma,
      to: range.lowest ?? level(at: 0).sigma)
    {
      levels = self.levels(ofSigmas: spread) { t in
        // diffusers rounds the timesteps of Karras and cuts those of the others, the noisiest of which
        // single precision leaves a hair below T − 1 under Stable Diffusion's schedule.
        sigmas == .karras
          ? t.rounded(.toNearestOrEven) : min(t.rounded(.down), Double(max(count - 2, 0)))
      }
    }
    return zip(levels, levels.dropFirst() + [end(isClean: endsClean)]).map {
      Transition(from: $0, to: $1)
    }
  }
}
