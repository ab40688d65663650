import Diffusion
import Foundation
import Tensors

extension NoiseSchedule {
  /// As many timesteps between the same ends, but in equal steps of ln σ: what a solver's order is
  /// measured on. The timesteps of common schedules crowd there towards the image, so that the steps
  /// of a coarse walk are never small near its end.
  package var evenInLogSigma: NoiseSchedule {
    let (low, high) = (log(level(at: 0).sigma), log(level(at: count - 1).sigma))
    let levels = (0..<count).map { t in
      NoiseLevel(t: Double(t), sigma: exp(low + Double(t) / Double(count - 1) * (high - low)))
    }
    let shares = levels.map(\.alphaCumprod)
    return NoiseSchedule(betas: zip(shares, [1] + shares).map { 1 - $0 / $1 })
  }
}

/// The house's samplers as they walk the plane.
///
/// With `leading` spacing they all stop at multiples of T/S, the last of which is timestep 0: in a
/// schedule that is even in ln σ, equal steps for every one of them. Solvers of λ, which spread S + 1
/// points, take one step fewer; singlestep ones as many as make whole blocks, at timesteps of their own.
package enum ToySampler {
  /// - Parameters:
  ///   - steps: with `leading` spacing a divisor of the schedule's count.
  ///   - spacing: DDIM, PLMS, PNDM and DDPM take `leading` whatever it is, which is their own.
  ///   - eta: of DDIM; with noise it goes on to the clean image, as DDPM does.
  /// - Throws: `SamplerError` when the steps do not fit into the schedule.
  package static func make(
    _ name: SamplerName, _ schedule: NoiseSchedule, steps: Int, spacing: TimestepSpacing,
    eta: Double = 0
  ) throws -> any Sampler {
    let solverSteps = spacing == .leading ? steps - 1 : min(steps, schedule.count - 1)
    /// As many steps as make whole blocks of singlestep solvers.
    func whole(_ order: Int) -> Int { max(solverSteps / order, 1) * order }
    switch name {
    case .ddpm: return try DDPMSampler(schedule, steps: steps, clipRange: nil)
    case .ddim:
      return try DDIMSampler(
        schedule, steps: steps, eta: eta, endsClean: eta > 0, clipRange: nil)
    case .plms: return try PLMSSampler(schedule, steps: steps, offset: 0)
    case .pndm: return try PNDMSampler(schedule, steps: steps, offset: 0)
    case .euler:
      return try EulerSampler(schedule, steps: steps, spacing: spacing, endsClean: false)
    case .eulerAncestral:
      return try EulerAncestralSampler(schedule, steps: steps, spacing: spacing)
    case .heun: return try HeunSampler(schedule, steps: steps, spacing: spacing)
    case .kdpm2, .kdpm2Ancestral:
      return try KDPM2Sampler(
        schedule, steps: steps, spacing: spacing, drawsNoise: name == .kdpm2Ancestral)
    case .lms: return try LMSSampler(schedule, steps: steps, spacing: spacing)
    case .dpmSolver, .dpmSolver3M:
      return try DPMSolverSampler(
        schedule, steps: solverSteps, spacing: spacing, order: name == .dpmSolver ? 2 : 3,
        endsClean: false, lowerOrderFinal: false)
    case .dpmSolver2S, .dpmSolver3S:
      let order = name == .dpmSolver2S ? 2 : 3
      return try DPMSolverSinglestepSampler(
        schedule, steps: whole(order), order: order, endsClean: false)
    case .dpmSolverSDE:
      return try DPMSolverSDESampler(
        schedule, steps: solverSteps, spacing: spacing, endsClean: false, lowerOrderFinal: false)
    case .unipc:
      return try UniPCSampler(
        schedule, steps: solverSteps, spacing: spacing, endsClean: false, lowerOrderFinal: false)
    case .deis:
      return try DEISSampler(
        schedule, steps: solverSteps, spacing: spacing, lowerOrderFinal: false)
    case .lcm: return try LCMSampler(schedule, steps: steps, originalSteps: schedule.count)
    case .tcd:
      return try TCDSampler(
        schedule, steps: steps, originalSteps: schedule.count, gamma: eta)
    }
  }
}

extension SamplerName {
  /// The order of convergence that its formula promises with equal steps; nil for those that draw
  /// noise.
  package var promisedOrder: Double? {
    switch self {
    case .ddpm, .eulerAncestral, .kdpm2Ancestral, .dpmSolverSDE, .lcm: nil
    case .ddim, .euler, .tcd: 1
    case .plms, .pndm, .heun, .kdpm2, .dpmSolver, .dpmSolver2S, .deis, .unipc, .lms: 2
    case .dpmSolver3M, .dpmSolver3S: 2
    }
  }

  /// Why the promise is less than the name says, to go on after the name; nil for the others.
  package var promiseReason: String? {
    switch self {
    case .dpmSolver3M:
      "joins three predictions, but counts their second difference half, and is of second order"
    case .dpmSolver3S:
      "is of order 3 where the calls of a block lie evenly in λ, which whole timesteps do not let them"
    default: nil
    }
  }

  /// Whether more than the promised order may be seen: the polynomial through four slopes, or the
  /// corrector, is of higher order, and only the beginning is of a lower one.
  package var mayExceedPromise: Bool {
    [.plms, .pndm, .lms, .unipc, .dpmSolver3S].contains(self)
  }

  /// How far the fit may be from the promise. 3M, whose error of third order is the larger one with few
  /// steps, nears 2 from below, and slowly.
  package var orderTolerance: Double { self == .dpmSolver3M ? 0.25 : 0.15 }
}

extension SamplerName {
  /// Whether the last step too follows the polynomial through the last slopes: those of LMS, in σ, and of
  /// PLMS, in steps, go on to the clean image, where λ is infinite and its solvers take one slope.
  package var keepsOrderAtEnd: Bool { [.plms, .pndm, .lms].contains(self) }

  /// How walks make their last step, in words.
  /// - Parameters:
  ///   - names: the samplers of the walks.
  ///   - noisy: those that do not go on to the clean image.
  package static func lastStepWords(
    _ names: [SamplerName], endingInNoise noisy: [SamplerName]
  ) -> String {
    let kept = names.filter { $0.keepsOrderAtEnd && !noisy.contains($0) }
    let others = kept + noisy
    var sentences: [String] = []
    if others.count < names.count {
      let but = others.isEmpty ? "" : "of all but \(listed(others)) "
      sentences.append(
        "The last step \(but)goes to the clean image and is of first order: of a good sampler’s "
          + "distance it is what is left.")
    }
    if !kept.isEmpty {
      sentences.append(
        "\(listed(kept)) \(kept.count == 1 ? "goes" : "go") to the clean image along the polynomial "
          + "through the last slopes.")
    }
    if !noisy.isEmpty {
      let one = noisy.count == 1
      sentences.append(
        "\(listed(noisy)) \(one ? "ends" : "end") at the noise of timestep 0, and \(one ? "is" : "are") "
          + "measured against the reference there.")
    }
    return sentences.joined(separator: " ")
  }

  /// "a, b and c"
  private static func listed(_ names: [SamplerName]) -> String {
    let words = names.map(\.rawValue)
    return words.count < 2
      ? words.joined() : words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
  }
}

/// Points of the plane on their way from noise to data, by one sampler.
package struct ToyWalk: Sendable {
  /// The noise levels at which the points were seen, noisiest first.
  package let levels: [NoiseLevel]
  /// x̃ = x/√ᾱ at each of them.
  package let points: [[PlaneMixture.Point]]
  /// How often the model was called.
  package let modelCalls: Int

  /// - Parameters:
  ///   - start: x̃ at the sampler's first level.
  ///   - generator: where fresh noise comes from.
  package init(
    _ sampler: any Sampler, from start: [PlaneMixture.Point], predictor: any NoisePredictor,
    generator: TorchGenerator
  ) {
    /// What a sampler carries, in units of x̃.
    func scale(_ level: NoiseLevel) -> Double {
      sampler.space == .variancePreserving ? level.signalScale : 1
    }
    let first = sampler.plan[0].from
    let walk = DenoisingTrajectory(
      from: Tensor(points: start.map { scale(first) * $0 }), sampler: sampler,
      predictor: predictor, generator: generator)
    var (levels, points, calls) = ([first], [start], 0)
    for step in walk {
      levels.append(step.transition.to)
      points.append(step.next.points.map { $0 / scale(step.transition.to) })
      calls += step.evaluations.count
    }
    (self.levels, self.points, modelCalls) = (levels, points, calls)
  }

  /// x̃ at the end.
  package var end: [PlaneMixture.Point] { points[points.count - 1] }

  /// x̃ where only the noise of timestep 0 is left: samplers that go on to the clean image take their
  /// last step, which is of first order, from there.
  package var atLeastNoise: [PlaneMixture.Point] {
    levels[levels.count - 1] == .clean ? points[points.count - 2] : end
  }
}
