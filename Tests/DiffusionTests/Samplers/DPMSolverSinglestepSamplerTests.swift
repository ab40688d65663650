import Tensors
import Testing

import Diffusion

@Suite("DPM-Solver++ singlestep") struct DPMSolverSinglestepSamplerTests {
  /// Which call of its block each move is, read off where the block of each begins.
  private func calls(
    _ steps: Int, order: Int, endsClean: Bool = true, lowerOrderFinal: Bool = false, first: Int = 0
  ) throws -> [Int] {
    let sampler = try DPMSolverSinglestepSampler(
      KnownProblem.schedule, steps: steps, order: order, endsClean: endsClean,
      lowerOrderFinal: lowerOrderFinal)
    let places = sampler.plan.map(\.from)
    return (first..<steps).map { index in
      let beginning = sampler.blockMove(index, walkFrom: first).from
      return index + 1 - (places.firstIndex(of: beginning) ?? -1)
    }
  }

  @Test("calls come in blocks; the last is cut where it would end at the clean image")
  func blocks() throws {
    #expect(try calls(6, order: 2) == [1, 2, 1, 2, 1, 1])
    #expect(try calls(5, order: 2) == [1, 2, 1, 2, 1])
    #expect(try calls(6, order: 3) == [1, 2, 3, 1, 2, 1])
    #expect(try calls(5, order: 3) == [1, 2, 3, 1, 1])
    #expect(try calls(6, order: 3, endsClean: false) == [1, 2, 3, 1, 2, 3])
    #expect(try calls(6, order: 3, endsClean: false, lowerOrderFinal: true) == [1, 2, 3, 1, 2, 1])
    #expect(try calls(5, order: 3, endsClean: false) == [1, 2, 3, 1, 2])
    #expect(try calls(4, order: 1) == [1, 1, 1, 1])
    // A walk from the middle begins its block there.
    #expect(try calls(6, order: 3, endsClean: false, first: 1) == [1, 2, 1, 2, 3])
  }

  @Test("at first order, and at the first call of a block, it is DDIM") func firstOrder() throws {
    for order in 1...3 {
      let sampler = try DPMSolverSinglestepSampler(KnownProblem.schedule, steps: 13, order: order)
      for step in KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2]) {
        let ddim = step.transition.to.noisy(
          original: step.predictedOriginal, noise: step.predictedNoise)
        let isFirst = sampler.blockMove(step.index).from == step.transition.from
        #expect((step.next.maxAbsDifference(from: ddim) <= 2e-6) == isFirst, "\(step.index)")
      }
    }
  }
}
