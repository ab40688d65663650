import Diffusion
import Foundation
import Tensors

/// What PLMS makes of its last noises, and how much of it is too much.
///
///     x' = √(ᾱ'/ᾱ) · x + ( √(1 − ᾱ') − √(ᾱ'(1 − ᾱ)/ᾱ) ) · ε',   ε' = Σ_k b_k ε_k
///
/// For noise that answers a disturbance δ of x̃ with J·δ, one step from σ to σ' does to it
///
///     δ' = δ − z · Σ_k b_k δ_k,   z = J·(σ − σ')
///
/// and where the largest root of that recursion exceeds 1, rounding alone grows without end.
package enum Multistep {
  /// b_k of Adams–Bashforth, newest first, by how many noises there are.
  ///
  /// Source: PNDM (arXiv:2202.09778) Eq. 12; Hairer, Nørsett, Wanner: *Solving ODEs I*, §III.1.
  package static let coefficients: [[Double]] = [
    [1], [3.0 / 2, -1.0 / 2], [23.0 / 12, -16.0 / 12, 5.0 / 12],
    [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24],
  ]

  /// By how much a disturbance grows in each step, in the long run.
  /// - Parameters:
  ///   - weights: b_k, newest first.
  ///   - z: J·(σ − σ'), above 0.
  package static func growth(_ weights: [Double], z: Double) -> Double {
    var history = weights.indices.map { $0 == 0 ? 1.0 : 0.3 }
    var logarithm = 0.0
    let (warmUp, counted) = (200, 400)
    for step in 0..<warmUp + counted {
      let next = history[0] - z * zip(weights, history).reduce(0) { $0 + $1.0 * $1.1 }
      history = [next] + history.dropLast()
      let size = history.map(abs).max() ?? 0
      guard size > 0 else { return 0 }
      history = history.map { $0 / size }
      if step >= warmUp { logarithm += log(size) }
    }
    return exp(logarithm / Double(counted))
  }

  /// The largest z at which nothing grows: where the root −1 appears, which gives 2/Σ|b_k| for
  /// weights of alternating sign.
  package static func limit(_ weights: [Double]) -> Double {
    2 / weights.map(abs).reduce(0, +)
  }
}

/// One step of PLMS on the latent, with what it was made of.
package struct PLMSStep: Sendable {
  /// The place in the walk, from 0.
  package let index: Int
  /// 0-based.
  package let t: Double
  /// The noises that took part, newest first; at the first step those at both ends of the trial step.
  package let noises: [Tensor]
  /// b_k, one for each of them.
  package let weights: [Double]
  /// ε', recovered from where the step went.
  package let combined: Tensor
  /// How strongly the noise answered the way from the step before to this one, in units of z:
  /// J = ‖ε_0 − ε_1‖/‖x̃_0 − x̃_1‖ times σ − σ'; nil at the first step.
  package let answer: Double?

  /// max |ε' − Σ b_k ε_k| relative to the largest magnitude of ε'.
  package var residual: Double { residual(weights: weights) }

  /// The same with other b_k: a test changes them.
  package func residual(weights: [Double]) -> Double {
    let sum = zip(weights, noises).dropFirst().reduce(Float(weights[0]) * noises[0]) {
      .combination(1, $0, $1.0, $1.1)
    }
    return Double(
      sum.maxAbsDifference(from: combined) / max(combined.maxAbs, .leastNormalMagnitude))
  }

  /// ‖ε'‖/‖ε_0‖: 1 for a sampler that believes what the model says now.
  package var amplification: Double { combined.norm / max(noises[0].norm, 1e-30) }

  /// The steps of a walk of `PLMSSampler`.
  package static func steps(of walk: [DenoisingStep]) -> [PLMSStep] {
    walk.enumerated().map { index, step in
      let history = (0...min(index, 3)).map { walk[index - $0].evaluations[0].predictedNoise }
      let isFirst = index == 0 && step.evaluations.count > 1
      let (from, to) = (step.transition.from, step.transition.to)
      let ratio = to.signalScale / from.signalScale
      let factor = to.noiseScale - ratio * from.noiseScale
      let answer = index > 0 ? Self.answer(walk[index - 1], step) : nil
      return PLMSStep(
        index: index, t: step.t,
        noises: isFirst ? step.evaluations.map(\.predictedNoise) : history,
        weights: isFirst ? [0.5, 0.5] : Multistep.coefficients[history.count - 1],
        combined: .combination(1 / factor, step.mean, -ratio / factor, step.current),
        answer: answer)
    }
  }

  private static func answer(_ last: DenoisingStep, _ step: DenoisingStep) -> Double {
    let (before, from) = (last.transition.from, step.transition.from)
    let moved = Tensor.combination(
      1 / from.signalScale, step.current, -1 / before.signalScale, last.current)
    let turned = step.predictedNoise - last.predictedNoise
    return turned.norm / max(moved.norm, 1e-30) * (from.sigma - step.transition.to.sigma)
  }
}
