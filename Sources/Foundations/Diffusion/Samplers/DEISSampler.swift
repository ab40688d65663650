import Foundation
import Tensors

/// DEIS: the exact solution of the linear part, with ε̂ as a line through its last two in ln ρ.
///
///     x' = √ᾱ' · ( x/√ᾱ + c_0 ε_0 + c_1 ε_1 ),   ρ = σ = √(1 − ᾱ)/√ᾱ,  newest noise first
///     c_0 = F(ρ'; ρ_0, ρ_1) − F(ρ_0; ρ_0, ρ_1),   c_1 = F(ρ'; ρ_1, ρ_0) − F(ρ_0; ρ_1, ρ_0)
///     F(ρ; a, b) = ρ (ln ρ − ln b − 1)/(ln a − ln b)          ∫ (ln ρ − ln b)/(ln a − ln b) dρ
///
/// Source: Zhang, Chen (arXiv:2204.13902) Eq. 14 and 15, the variant ρAB in ln ρ (`logrho` in
/// diffusers). The first step is of first order, which is DDIM; so is the last of fewer than 15.
/// The walk ends at the noise of timestep 0, where ln ρ is finite.
public struct DEISSampler: Sampler {
  /// The moves, noisiest first; the last still ends at a little noise.
  public let plan: [Transition]
  /// 1 or 2.
  public let order: Int
  private let ending: SolverEnding
  private var previous: Evaluation?

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited.
  ///   - spacing: which of them.
  ///   - offset: moves timesteps of `.leading` up.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - order: 2, or 1, which is DDIM.
  ///   - lowerOrderFinal: whether the last of fewer than 15 steps is of first order.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  /// - Precondition: `order` is 1 or 2.
  public init(
    _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing = .linspace, offset: Int = 0,
    sigmas: SigmaSpacing = .timesteps, range: SigmaRange = SigmaRange(), order: Int = 2,
    lowerOrderFinal: Bool = true
  ) throws {
    precondition((1...2).contains(order), "DEIS of order \(order)")
    var plan = try schedule.solverPlan(
      steps: steps, spacing: spacing, offset: offset, endsClean: false, sigmas: sigmas,
      range: range)
    // With sigmas of its own the last level is the schedule's cleanest already: the step stands still.
    if sigmas != .timesteps, let last = plan.popLast() {
      plan.append(
        Transition(from: last.from, to: NoiseLevel(t: -1, alphaCumprod: last.from.alphaCumprod)))
    }
    self.plan = plan
    self.order = order
    ending = SolverEnding(steps: steps, endsClean: false, lowerOrderFinal: lowerOrderFinal)
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let (from, to) = (plan[index].from, plan[index].to)
    let evaluation = evaluate(predictor, x, at: from)
    let noise = evaluation.predictedNoise
    let mean: Tensor
    if let previous, ending.order(order, before: plan.count - 1 - index) == 2 {
      let (a, b) = (from.sigma, previous.level.sigma)
      let newest = Self.integral(to.sigma, a, b) - Self.integral(a, a, b)
      let older = Self.integral(to.sigma, b, a) - Self.integral(a, b, a)
      let line = Tensor.combination(
        to.signalScale * newest, noise, to.signalScale * older, previous.predictedNoise)
      mean = .combination(to.signalScale / from.signalScale, x, 1, line)
    } else {
      mean = plan[index].deterministic(x, noise: noise)
    }
    previous = evaluation
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation], mean: mean)
  }

  /// F(ρ; a, b).
  private static func integral(_ rho: Double, _ a: Double, _ b: Double) -> Double {
    rho * (log(rho) - log(b) - 1) / (log(a) - log(b))
  }
}
