import Foundation
import Tensors

/// DPM-Solver++ in its multistep form: the exact solution of the linear part, with x̂_0 as a polynomial in λ
/// through its last values.
///
///     h = λ' − λ,  r = (λ − λ_before)/h                        λ = ln(√ᾱ/√(1 − ᾱ))
///     x ← √(1 − ᾱ')/√(1 − ᾱ) · x + √ᾱ' · (1 − e^{−h}) · D
///     2M:  D = x̂_0 + ½ D_1,  D_1 = (x̂_0 − x̂_0 before)/r         D = x̂_0 at first order
///     3M:  D = x̂_0 + φ_1 D_1' + φ_2 D_2,  q = (λ_before − λ_before that)/h
///          D_2 = (D_1 − D_1 before)/(r + q),  D_1' = D_1 + r D_2
///          φ_1 = 1/(1 − e^{−h}) − 1/h,  φ_2 = (½ − (e^{−h} − 1 + h)/h²)/(1 − e^{−h})
///
/// Source: Lu et al. (arXiv:2211.01095) Algorithm 2, `midpoint` in diffusers; 3M is the authors' program,
/// which diffusers follows. Its D_2 is half of what Taylor's theorem asks for, so that 3M, too, is of order
/// 2. The first step is of first order, the second at most of second, and the last one is of first order
/// when it ends at the clean image, where h is infinite.
public struct DPMSolverSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// 1, 2 or 3.
  public let order: Int
  private let ending: SolverEnding
  /// The last evaluations, newest first.
  private var history: [Evaluation] = []

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - order: 2 or 3, or 1, which is DDIM.
  ///   - endsClean: whether the last step goes to the clean image, or to the noise of timestep 0.
  ///   - lowerOrderFinal: whether the last of fewer than 15 steps is of first order, and the one before of
  ///     second.
  ///   - eulerAtFinal: whether the last step is of first order however many there are.
  ///   - minimumLambda: timesteps with a lower λ are left out; cosine schedules need it.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  /// - Precondition: `order` is 1, 2 or 3.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(), order: Int = 2,
    endsClean: Bool = true, lowerOrderFinal: Bool = true, eulerAtFinal: Bool = false,
    minimumLambda: Double = -.infinity
  ) throws {
    precondition((1...3).contains(order), "DPM-Solver++ of order \(order)")
    plan = try schedule.solverPlan(
      steps: steps, spacing: spacing, offset: offset, endsClean: endsClean, sigmas: sigmas,
      range: range, minimumLambda: minimumLambda)
    self.order = order
    ending = SolverEnding(
      steps: steps, endsClean: endsClean, lowerOrderFinal: lowerOrderFinal,
      eulerAtFinal: eulerAtFinal)
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (from, to) = (plan[index].from, plan[index].to)
    let evaluation = evaluate(predictor, x, at: from)
    history = [evaluation] + history.prefix(2)
    let h = to.lambda - from.lambda
    let order = ending.order(min(order, history.count), before: plan.count - 1 - index)
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: .combination(
        to.noiseScale / from.noiseScale, x, -to.signalScale * expm1(-h),
        direction(order, over: h)))
  }

  /// D.
  private func direction(_ order: Int, over h: Double) -> Tensor {
    switch order {
    case 1: return history[0].predictedOriginal
    case 2: return history[0].extrapolated(over: h, from: history[1])
    default:
      let r = (history[0].level.lambda - history[1].level.lambda) / h
      let q = (history[1].level.lambda - history[2].level.lambda) / h
      let share = -expm1(-h)
      let (phi1, phi2) = (1 / share - 1 / h, (0.5 - (h - share) / (h * h)) / share)
      // The weights of D_1 and of D_1 before in φ_1 D_1' + φ_2 D_2.
      let curvature = (phi1 * r + phi2) / (r + q)
      let (newest, older) = ((phi1 + curvature) / r, -curvature / q)
      let line = Tensor.combination(
        1 + newest, history[0].predictedOriginal, older - newest, history[1].predictedOriginal)
      return .combination(1, line, -older, history[2].predictedOriginal)
    }
  }
}

/// How a solver of λ ends its walk, where few steps are too long for its order.
struct SolverEnding: Sendable {
  private let isLowered, lastIsFirstOrder: Bool

  /// - Parameters:
  ///   - steps: S.
  ///   - endsClean: whether the last goes to the clean image, where h is infinite: it is of first order.
  ///   - lowerOrderFinal: whether the last of fewer than 15 steps are of lower order.
  ///   - eulerAtFinal: whether the last is of first order wherever it ends.
  init(steps: Int, endsClean: Bool, lowerOrderFinal: Bool, eulerAtFinal: Bool = false) {
    isLowered = lowerOrderFinal && steps < 15
    lastIsFirstOrder = isLowered || endsClean || eulerAtFinal
  }

  /// The order of a step with `remaining` steps after it that could be of order `order`.
  func order(_ order: Int, before remaining: Int) -> Int {
    if remaining == 0, lastIsFirstOrder { return 1 }
    return remaining == 1 && isLowered ? min(order, 2) : order
  }
}

extension Evaluation {
  /// x̂_0 in the middle of a step over h, on the line in λ through this one and the one before:
  /// x̂_0 + (x̂_0 − x̂_0 before) · h/(2(λ − λ_before)).
  func extrapolated(over h: Double, from previous: Evaluation) -> Tensor {
    let slope = h / (2 * (level.lambda - previous.level.lambda))
    return .combination(1 + slope, predictedOriginal, -slope, previous.predictedOriginal)
  }
}

extension NoiseSchedule {
  /// The plan of a solver of λ, which spreads S + 1 points over the schedule, with a trace of signal at its
  /// end, and replaces the lowest by where it ends.
  /// - Parameters:
  ///   - sigmas: spreads the levels over the whole schedule instead, or over `range`.
  ///   - minimumLambda: timesteps with a lower λ are left out.
  func solverPlan(
    steps: Int, spacing: TimestepSpacing, offset: Int, endsClean: Bool, sigmas: SigmaSpacing,
    range: SigmaRange, minimumLambda: Double = -.infinity
  ) throws -> [Transition] {
    let schedule = withSignalAtEnd
    // The noisiest timestep whose λ is not lower, plus one.
    let limit = count - schedule.logSNR.count { $0 / 2 < minimumLambda }
    let timesteps = try spacing.solverTimesteps(
      steps, of: count, below: limit, offset: offset)
    var levels = timesteps.map { schedule.level(at: $0) }
    if let spread = sigmas.sigmas(
      steps, from: range.highest ?? schedule.level(at: count - 1).sigma,
      to: range.lowest ?? schedule.level(at: 0).sigma)
    {
      levels = schedule.levels(ofSigmas: spread) { t in
        // diffusers rounds the timesteps of Karras and cuts those of the others, the noisiest of which
        // single precision leaves a hair below T − 1 under Stable Diffusion's schedule.
        sigmas == .karras
          ? t.rounded(.toNearestOrEven) : min(t.rounded(.down), Double(max(count - 2, 0)))
      }
    }
    return zip(levels, levels.dropFirst() + [schedule.end(isClean: endsClean)]).map {
      Transition(from: $0, to: $1)
    }
  }
}
