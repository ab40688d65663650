import Foundation
import Tensors

/// DPM-Solver++ for the stochastic equation: twice as far along x̂_0, and fresh noise on top.
///
///     h = λ' − λ                                               λ = ln(√ᾱ/√(1 − ᾱ))
///     x ← √(1 − ᾱ')/√(1 − ᾱ) · e^{−h} · x + √ᾱ' · (1 − e^{−2h}) · D + √(1 − ᾱ') · √(1 − e^{−2h}) · z
///
/// D is x̂_0 at first order and a line through the last two at second, as in `DPMSolverSampler`.
///
/// Source: Lu et al. (arXiv:2211.01095), SDE-DPM-Solver++(2M): `sde-dpmsolver++` in diffusers with
/// `midpoint`. Its order 3 is left out: in diffusers 0.42 it nears no distribution as steps grow.
public struct DPMSolverSDESampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// 1 or 2.
  public let order: Int
  private let ending: SolverEnding
  private var previous: Evaluation?
  /// At every step that does not end at the clean image.
  public var drawsNoise: Bool { true }

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - order: 2 or 1.
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
    precondition((1...2).contains(order), "DPM-Solver++ SDE of order \(order)")
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
    let h = to.lambda - from.lambda
    var direction = evaluation.predictedOriginal
    if let previous, ending.order(order, before: plan.count - 1 - index) == 2 {
      direction = evaluation.extrapolated(over: h, from: previous)
    }
    previous = evaluation
    let fresh = -expm1(-2 * h)
    let std = to.noiseScale * fresh.squareRoot()
    // Drawn even at the last step, where it counts nothing, to stay in step with diffusers.
    let noise = generator.normal(x.shape)
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: .combination(
        to.noiseScale / from.noiseScale * exp(-h), x, to.signalScale * fresh, direction),
      std: std, noise: std > 0 ? noise : nil)
  }
}
