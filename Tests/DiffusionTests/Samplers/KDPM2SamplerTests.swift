import Tensors
import Testing

import Diffusion

@Suite("KDPM2") struct KDPM2SamplerTests {
  @Test("the second call is in the middle of ln σ, and its slope carries the whole step")
  func middle() throws {
    let sampler = try KDPM2Sampler(KnownProblem.schedule, steps: 12)
    let walk = KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2])
    for step in walk.dropLast() {
      let (from, to) = (step.transition.from.sigma, step.transition.to.sigma)
      #expect(abs(step.evaluations[1].level.sigma - (from * to).squareRoot()) <= 1e-12 * from)
      let along = Tensor.combination(
        1, step.current, to - from, step.evaluations[1].predictedNoise)
      #expect(step.next.maxAbsDifference(from: along) <= 1e-5 * Float(from))
    }
    #expect(walk.last?.evaluations.count == 1)
    #expect(walk.last.map { $0.next.maxAbsDifference(from: $0.predictedOriginal) <= 1e-6 } == true)
  }

  @Test("the ancestral form asks at the next level, and ends as spread as that says")
  func ancestral() throws {
    let sampler = try KDPM2Sampler(KnownProblem.schedule, steps: 12, drawsNoise: true)
    for step in KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2]).dropLast() {
      let (from, to) = (step.transition.from.sigma, step.transition.to.sigma)
      #expect(abs(step.evaluations[1].level.sigma - to) <= 1e-12 * from)
      let down = to * to / from
      #expect(abs(step.std * step.std + down * down - to * to) <= 1e-12 * to * to)
    }
  }
}
