import Tensors
import Testing

import Diffusion

/// The same knowledge, said as ε, x_0 or v.
struct Restated: NoisePredictor {
  let base: any NoisePredictor
  let schedule: NoiseSchedule
  let predictionType: PredictionType

  func predict(_ x: Tensor, at t: Double) -> Prediction {
    let level = schedule.level(at: t)
    let evaluation = base.evaluate(x, at: level)
    switch predictionType {
    case .noise: return Prediction(output: evaluation.predictedNoise)
    case .original: return Prediction(output: evaluation.predictedOriginal)
    case .velocity:
      return Prediction(
        output: level.velocity(
          original: evaluation.predictedOriginal, noise: evaluation.predictedNoise))
    }
  }
}

@Suite("what a model's answer means") struct NoisePredictorTests {
  @Test("ε, x_0 and v lead to the same step", arguments: PredictionType.allCases)
  func predictionTypes(type: PredictionType) throws {
    let schedule = DDIMSamplerTests.schedule
    let restated = Restated(
      base: DDIMSamplerTests.predictor, schedule: schedule, predictionType: type)
    let sampler = try DDIMSampler(schedule, steps: 10, clipRange: nil)
    let start = TorchGenerator(seed: 3).normal(DDIMSamplerTests.original.shape)
    let trajectories = [restated, DDIMSamplerTests.predictor as any NoisePredictor].map {
      Array(
        DenoisingTrajectory(
          from: start, sampler: sampler, predictor: $0, generator: TorchGenerator(seed: 4)))
    }
    for (a, b) in zip(trajectories[0], trajectories[1]) {
      #expect(a.next.maxAbsDifference(from: b.next) <= 1e-4)
    }
    // Read as another type, the answer leads elsewhere.
    struct Misread: NoisePredictor {
      let base: Restated
      var predictionType: PredictionType { base.predictionType == .noise ? .velocity : .noise }
      func predict(_ x: Tensor, at t: Double) -> Prediction { base.predict(x, at: t) }
    }
    let wrong = Array(
      DenoisingTrajectory(
        from: start, sampler: sampler, predictor: Misread(base: restated),
        generator: TorchGenerator(seed: 4)))
    #expect(wrong[4].next.maxAbsDifference(from: trajectories[1][4].next) > 1e-2)
  }
}
