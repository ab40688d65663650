import Foundation
import Tensors

/// DPM-Solver++ in its singlestep form: each block of moves begins again where the block began, and needs
/// nothing from before it.
///
///     h = λ' − λ_0,  D_k = (x̂_0 at λ_k − x̂_0 at λ_0) · h/(λ_k − λ_0)          λ = ln(√ᾱ/√(1 − ᾱ))
///     1st call:  x ← base,  base = √(1 − ᾱ')/√(1 − ᾱ_0) · x_0 + √ᾱ' · (1 − e^{−h}) · x̂_0 at λ_0
///     2nd call:  x ← base + √ᾱ' · (1 − e^{−h}) · ½ D_1
///     3rd call:  x ← base + √ᾱ' · ((e^{−h} − 1)/h + 1) · D_2
///
/// λ_0 is where the block began with x_0, λ_k where its call k was made, and λ' where this move ends. Every
/// call of the model is a move of the plan, as in diffusers.
///
/// Source: Lu et al. (arXiv:2211.01095) Algorithm 1 (2S) and their program for 3S; `midpoint` in diffusers'
/// `DPMSolverSinglestepScheduler`. A block that the walk enters in the middle begins there.
public struct DPMSolverSinglestepSampler: Sampler {
  /// The moves, noisiest first.
  public let plan: [Transition]
  /// 1, 2 or 3: the calls of a block.
  public let order: Int
  /// Which call of its block each move is, 1-based.
  let calls: [Int]
  /// The last evaluations, newest first.
  private var history: [Evaluation] = []
  /// x_0.
  private var beginning: Tensor?

  /// - Parameters:
  ///   - schedule: how much noise there is at each of the training timesteps.
  ///   - steps: how many timesteps are visited, and how often the model is called; they lie evenly.
  ///   - sigmas: how the noise levels are spread.
  ///   - range: the ends of levels that are spread anew.
  ///   - order: 2 or 3, or 1, which is DDIM.
  ///   - endsClean: whether the last move goes to the clean image, or to the noise of timestep 0.
  ///   - lowerOrderFinal: whether the last block is cut short however it fits.
  ///   - minimumLambda: timesteps with a lower λ are left out; cosine schedules need it.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  /// - Precondition: `order` is 1, 2 or 3.
  public init(
    _ schedule: NoiseSchedule, steps: Int, sigmas: SigmaSpacing = .timesteps,
    range: SigmaRange = SigmaRange(), order: Int = 2, endsClean: Bool = true,
    lowerOrderFinal: Bool = false, minimumLambda: Double = -.infinity
  ) throws {
    precondition((1...3).contains(order), "DPM-Solver++ singlestep of order \(order)")
    plan = try schedule.solverPlan(
      steps: steps, spacing: .linspace, offset: 0, endsClean: endsClean, sigmas: sigmas,
      range: range, minimumLambda: minimumLambda)
    self.order = order
    calls = Self.calls(
      plan.count, order: order, isWhole: !endsClean && !lowerOrderFinal, endsClean: endsClean)
  }

  /// Blocks of `order` calls, 1 2 3 1 2 3 …; what does not fit, and without `isWhole` the last call of
  /// them all, begins anew.
  private static func calls(_ steps: Int, order: Int, isWhole: Bool, endsClean: Bool) -> [Int] {
    var calls = (0..<steps).map { $0 % order + 1 }
    // A last block that is whole gives its last call up.
    let isCut = steps % order == 0 && !isWhole
    if isCut || endsClean { calls[steps - 1] = 1 }
    return calls
  }

  /// Makes move `index` of the plan; see `Sampler`.
  public mutating func step(
    _ index: Int, from x: Tensor, predictor: any NoisePredictor, generator: TorchGenerator
  ) -> DenoisingStep {
    let evaluation = evaluate(predictor, x, at: plan[index].from)
    history = [evaluation] + history.prefix(2)
    let call = min(calls[index], history.count)
    if call == 1 { beginning = x }
    return DenoisingStep(
      index: index, transition: plan[index], current: x, evaluations: [evaluation],
      mean: moved(beginning ?? x, to: plan[index].to, call: call))
  }

  /// Where the block of move `index` began, in a walk from move `first` on, and where the move ends.
  package func blockMove(_ index: Int, walkFrom first: Int = 0) -> Transition {
    let beginning = max(index + 1 - calls[index], first)
    return Transition(from: plan[beginning].from, to: plan[index].to)
  }

  /// x at a level, from where the block began.
  private func moved(_ beginning: Tensor, to: NoiseLevel, call: Int) -> Tensor {
    let (newest, first) = (history[0], history[call - 1])
    let h = to.lambda - first.level.lambda
    let share = -expm1(-h)
    let base = Tensor.combination(
      to.noiseScale / first.level.noiseScale, beginning, to.signalScale * share,
      first.predictedOriginal)
    guard call > 1 else { return base }
    let stretch = h / (newest.level.lambda - first.level.lambda)
    let weight = to.signalScale * stretch * (call == 2 ? share / 2 : 1 - share / h)
    return .combination(1, base, weight, newest.predictedOriginal - first.predictedOriginal)
  }
}
