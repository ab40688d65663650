import Tensors
import Testing

import Diffusion

@Suite("DPM-Solver++ for the stochastic equation") struct DPMSolverSDESamplerTests {
  @Test("at first order it is DDPM's posterior") func firstOrder() throws {
    let sampler = try DPMSolverSDESampler(KnownProblem.schedule, steps: 20, order: 1)
    for step in KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2]).dropLast() {
      let posterior = Posterior(step.transition)
      #expect(abs(step.std * step.std - posterior.variance) <= 1e-12)
      let mean = posterior.mean(original: step.predictedOriginal, current: step.current)
      #expect(step.mean.maxAbsDifference(from: mean) <= 2e-6, "t = \(step.t)")
    }
  }

  @Test("at second order only the first step and the last keep x̂_0 as it is") func secondOrder()
    throws
  {
    let sampler = try DPMSolverSDESampler(KnownProblem.schedule, steps: 20)
    let walk = KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2])
    let differs = walk.map { step in
      let mean = Posterior(step.transition).mean(
        original: step.predictedOriginal, current: step.current)
      return step.mean.maxAbsDifference(from: mean) > 1e-5
    }
    #expect(differs.first == false && differs.last == false)
    #expect(differs.dropFirst().dropLast().allSatisfy { $0 })
    #expect(walk.last?.std == 0 && walk.dropLast().allSatisfy { $0.std > 0 })
  }
}
