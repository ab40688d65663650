import Diffusion
import LatentDiffusion
import Tensors

/// What must be equal in every run, measured: largest differences relative to the largest magnitude.
package struct Identities {
  /// The guided noise against (1 − s)·ε_u + s·ε_c, over all steps; nil without guidance.
  package let guidance: Double?
  /// √ᾱ·x̂_0 + √(1 − ᾱ)·ε̂ against z_t, over all steps.
  package let mixture: Double
  /// ε_u and ε_c from one batch of two against two passes of one, at the first step; nil without
  /// guidance.
  package let batching: Double?
  /// The first steps made again from the same request.
  package let repetition: Double
  /// The first step's ε against that of products in Float32, relative; nil where nothing is rounded.
  package let rounding: Double?

  init(_ generation: Generation, steps: [GenerationStep]) {
    guidance = steps.compactMap { Self.guidance($0) }.max()
    mixture = steps.map { Self.mixture($0) }.max() ?? 0
    batching = steps.first.flatMap { Self.batching($0, generation) }
    repetition = Self.repetition(of: generation, steps: steps)
    rounding = steps.first.flatMap(generation.distanceFromFloat32)
  }

  /// - Parameter scale: the s to check against; the step's own unless a test wants a wrong one.
  package static func guidance(_ step: GenerationStep, scale: Double? = nil) -> Double? {
    guard let u = step.unconditionalNoise, let c = step.conditionalNoise else { return nil }
    let s = Float(scale ?? step.guidanceScale)
    return difference(.weightedSum(1 - s, u, s, c), from: step.predictedNoise)
  }

  /// - Parameter level: the noise level to check against; the step's own unless a test wants a
  ///   wrong one.
  package static func mixture(_ step: GenerationStep, level: NoiseLevel? = nil) -> Double {
    let evaluation = step.denoising.evaluations[0]
    return difference(
      (level ?? evaluation.level).noisy(
        original: evaluation.predictedOriginal, noise: evaluation.predictedNoise),
      from: evaluation.input)
  }

  package static func batching(_ step: GenerationStep, _ generation: Generation) -> Double? {
    let evaluation = step.denoising.evaluations[0]
    guard let together = evaluation.prediction.guidance else { return nil }
    let apart = generation.predictor(batching: .apart).predict(
      evaluation.input, at: evaluation.level.t)
    guard let guidance = apart.guidance else { return nil }
    return max(
      difference(guidance.unconditional, from: together.unconditional),
      difference(guidance.conditional, from: together.conditional))
  }

  /// - Parameter steps: what the same request gave before.
  package static func repetition(of generation: Generation, steps: [GenerationStep]) -> Double {
    zip(generation.prefix(2), steps).map { difference($0.next, from: $1.next) }.max() ?? 0
  }

  /// max |a − b| relative to the largest magnitude of b.
  package static func difference(_ a: Tensor, from b: Tensor) -> Double {
    Double(a.maxAbsDifference(from: b) / max(b.maxAbs, .leastNormalMagnitude))
  }
}
