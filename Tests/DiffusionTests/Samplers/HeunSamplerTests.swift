import Tensors
import Testing

import Diffusion

@Suite("Heun") struct HeunSamplerTests {
  @Test("a step goes along the mean of the tangents at both ends") func step() throws {
    let sampler = try HeunSampler(KnownProblem.schedule, steps: 10)
    let walk = KnownProblem.walk(sampler, KnownProblem.mixture, shape: [4, 2])
    for step in walk.dropLast() {
      let (from, to) = (step.transition.from, step.transition.to)
      func tangent(_ x: Tensor, _ level: NoiseLevel, _ evaluation: Evaluation) -> Tensor {
        Float(1 / level.sigma) * (x - evaluation.predictedOriginal)
      }
      let d = tangent(step.current, from, step.evaluations[0])
      let trial = step.current + Float(to.sigma - from.sigma) * d
      let there = tangent(trial, to, step.evaluations[1])
      let mean = step.current + Float((to.sigma - from.sigma) / 2) * (d + there)
      #expect(step.next.maxAbsDifference(from: mean) <= 1e-5)
      #expect(step.next.maxAbsDifference(from: trial) > 1e-5)
    }
    let last = try #require(walk.last)
    #expect(last.evaluations.count == 1 && last.transition.to == .clean)
    #expect(last.next.maxAbsDifference(from: last.predictedOriginal) <= 1e-5)
  }

  @Test("x̂_0 is held within the range") func clipping() throws {
    let sampler = try HeunSampler(KnownProblem.schedule, steps: 10, clipRange: -0.3...0.3)
    let walk = KnownProblem.walk(sampler, KnownProblem.mixture, shape: [16, 2])
    #expect(walk.allSatisfy { $0.predictedOriginal.maxAbs <= 0.3 })
    #expect(try #require(walk.last).next.maxAbs <= 0.3001)
  }
}
