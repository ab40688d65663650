import Tensors
import Testing

import Diffusion

@Suite("PLMS and PNDM") struct PLMSSamplerTests {
  static let schedule = KnownProblem.schedule

  @Test("diffusers' timesteps: the second comes twice") func timesteps() throws {
    let pndm = try PNDMSampler(Self.schedule, steps: 50)
    #expect(pndm.plan.map(\.from.t).prefix(5) == [981, 961, 961, 941, 921])
    #expect(pndm.plan.count == 51 && pndm.steps == 50 && pndm.plan.last?.from.t == 1)
    #expect(try PNDMSampler(Self.schedule, steps: 1).plan.count == 1)
    let plms = try PLMSSampler(Self.schedule, steps: 50)
    #expect(plms.plan.map(\.from.t).prefix(3) == [981, 961, 941] && plms.modelCalls == 51)
    #expect(plms.plan.last?.to.alphaCumprod == Self.schedule.alphasCumprod[0])
  }

  @Test("from noise the two are one method") func same() throws {
    let plms = KnownProblem.walk(
      try PLMSSampler(Self.schedule, steps: 20), KnownProblem.mixture, shape: [8, 2])
    let pndm = KnownProblem.walk(
      try PNDMSampler(Self.schedule, steps: 20), KnownProblem.mixture, shape: [8, 2])
    for (a, b) in zip(plms, pndm.dropFirst()) {
      #expect(a.next.maxAbsDifference(from: b.next) <= 1e-5, "t = \(a.t)")
    }
    // The trial step is not yet the step.
    #expect(pndm[0].next.maxAbsDifference(from: plms[0].next) > 1e-5)
  }

  @Test("the weights of each order sum to 1: a constant noise is a DDIM step") func constant()
    throws
  {
    struct Constant: NoisePredictor {
      let noise: Tensor
      func predict(_ x: Tensor, at t: Double) -> Prediction { Prediction(output: noise) }
    }
    let constant = Constant(noise: TorchGenerator(seed: 1).normal([8, 2]))
    let ddim = KnownProblem.walk(
      try DDIMSampler(Self.schedule, steps: 10, offset: 1, endsClean: false, clipRange: nil),
      constant, shape: [8, 2])
    let plms = KnownProblem.walk(
      try PLMSSampler(Self.schedule, steps: 10), constant, shape: [8, 2])
    for (a, b) in zip(plms, ddim) {
      #expect(a.next.maxAbsDifference(from: b.next) <= 1e-5 * b.next.maxAbs)
    }
  }

  @Test("begun in the middle, PLMS asks twice again") func middle() throws {
    let sampler = try PLMSSampler(Self.schedule, steps: 20)
    let start = TorchGenerator(seed: 1).normal([4, 2])
    let steps = Array(
      DenoisingTrajectory(
        from: start, sampler: sampler, predictor: KnownProblem.mixture,
        generator: TorchGenerator(seed: 1), firstIndex: 8))
    #expect(steps.map(\.evaluations.count) == [2] + Array(repeating: 1, count: 11))
    #expect(steps[0].evaluations[1].level == sampler.plan[9].from)
  }
}
