import Tensors
import Testing

import Diffusion

@Suite("DPM-Solver++ 2M") struct DPMSolverSamplerTests {
  static let schedule = KnownProblem.schedule

  @Test("at first order it is DDIM") func firstOrder() throws {
    let sampler = try DPMSolverSampler(Self.schedule, steps: 20, order: 1)
    for step in KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2]) {
      let ddim = step.transition.to.noisy(
        original: step.predictedOriginal, noise: step.predictedNoise)
      #expect(step.next.maxAbsDifference(from: ddim) <= 2e-6)
    }
    let second = try DPMSolverSampler(Self.schedule, steps: 20)
    let walk = KnownProblem.walk(second, KnownProblem.mixture, shape: [8, 2])
    let differs = walk.map { step in
      step.next.maxAbsDifference(
        from: step.transition.to.noisy(
          original: step.predictedOriginal, noise: step.predictedNoise)) > 1e-5
    }
    // The first step has no line to follow, the last one would follow it to infinity.
    #expect(differs.first == false && differs.last == false)
    #expect(differs.dropFirst().dropLast().allSatisfy { $0 })
  }

  @Test("where x̂_0 is a line in λ, a step solves the equation to third order") func line() throws {
    /// x̂_0 = λ in every element, whatever x is.
    struct Line: NoisePredictor {
      let schedule: NoiseSchedule
      var predictionType: PredictionType { .original }
      func predict(_ x: Tensor, at t: Double) -> Prediction {
        Prediction(output: Tensor(x.shape, repeating: Float(schedule.level(at: t).lambda)))
      }
    }
    let steps = KnownProblem.walk(
      try DPMSolverSampler(Self.schedule, steps: 100), Line(schedule: Self.schedule), shape: [4, 1])
    for step in steps.dropFirst().dropLast() {
      // x'/σ' = x/σ + ∫ e^λ λ dλ = x/σ + [e^λ (λ − 1)]
      let (from, to) = (step.transition.from, step.transition.to)
      func integral(_ level: NoiseLevel) -> Double {
        level.signalScale / level.noiseScale * (level.lambda - 1)
      }
      let exact = step.current.map {
        Float(to.noiseScale * (Double($0) / from.noiseScale + integral(to) - integral(from)))
      }
      let h = to.lambda - from.lambda
      let error = Double(step.next.maxAbsDifference(from: exact))
      #expect(error <= 0.1 * h * h * h + 2e-6, "t = \(step.t)")
    }
  }

  @Test("timesteps with too low a λ are left out") func clipped() throws {
    let cosine = NamedSchedule.cosine.schedule()
    let sampler = try DPMSolverSampler(cosine, steps: 20, minimumLambda: -5.1)
    #expect(sampler.plan[0].from.lambda >= -5.1)
    #expect(try DPMSolverSampler(cosine, steps: 20).plan[0].from.lambda < -5.1)
    #expect(throws: SamplerError.self) {
      try DPMSolverSampler(cosine, steps: 20, minimumLambda: .infinity)
    }
  }
}
