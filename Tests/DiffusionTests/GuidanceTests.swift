import Tensors
import Testing

import Diffusion

@Suite("classifier-free guidance") struct GuidanceTests {
  /// Says 1 for the first half of the batch and 3·x for the second.
  struct Halves: NoisePredictor {
    func predict(_ x: Tensor, at t: Double) -> Prediction {
      let half = x.shape[0] / 2
      return Prediction(
        output: .concatenated(
          [Tensor(x.rows(0..<half).shape, repeating: 1), 3 * x.rows(half..<2 * half)], along: 0))
    }
  }

  @Test("ε_u + s·(ε_c − ε_u), unconditional first", arguments: [0.0, 1, 7.5])
  func combination(scale: Double) throws {
    let x = TorchGenerator(seed: 1).normal([2, 3])
    let prediction = GuidedPredictor(Halves(), guidanceScale: scale).predict(x, at: 5)
    let expected = x.map { 1 + Float(scale) * (3 * $0 - 1) }
    #expect(prediction.output.maxAbsDifference(from: expected) <= 1e-5)
    let guidance = try #require(prediction.guidance)
    #expect(guidance.unconditional.elements == [1, 1, 1, 1, 1, 1])
    #expect(guidance.conditional.maxAbsDifference(from: 3 * x) == 0)
    // The papers' (1 + w)·ε_c − w·ε_u with w = s − 1.
    let paper = Tensor.weightedSum(
      Float(scale), guidance.conditional, Float(1 - scale), guidance.unconditional)
    #expect(prediction.output.maxAbsDifference(from: paper) <= 1e-5)
  }

  @Test("a step keeps both halves") func kept() throws {
    let schedule = NamedSchedule.scaledLinear.schedule()
    let sampler = try DDIMSampler(schedule, steps: 2)
    let trajectory = DenoisingTrajectory(
      from: TorchGenerator(seed: 1).normal([1, 4]), sampler: sampler,
      predictor: GuidedPredictor(Halves(), guidanceScale: 2), generator: TorchGenerator(seed: 2))
    for step in trajectory {
      let guidance = try #require(step.evaluations[0].prediction.guidance)
      #expect(guidance.scale == 2 && guidance.unconditional.shape == [1, 4])
      #expect(step.predictedNoise.maxAbsDifference(from: guidance.combined) == 0)
    }
  }
}
