import Diffusion
import Tensors
import Testing

@Suite("classifier-free guidance") struct GuidanceTests {
  /// Says 1 without the condition and 3·x with it.
  struct Guided: NoisePredictor {
    let scale: Double

    func predict(_ x: Tensor, at t: Double) -> Prediction {
      let guidance = Guidance(
        unconditional: Tensor(x.shape, repeating: 1), conditional: 3 * x, scale: scale)
      return Prediction(output: guidance.combined, guidance: guidance)
    }
  }

  @Test("ε_u + s·(ε_c − ε_u)", arguments: [0.0, 1, 7.5])
  func combination(scale: Double) throws {
    let x = TorchGenerator(seed: 1).normal([2, 3])
    let prediction = Guided(scale: scale).predict(x, at: 5)
    let expected = x.map { 1 + Float(scale) * (3 * $0 - 1) }
    #expect(prediction.output.maxAbsDifference(from: expected) <= 1e-5)
    let guidance = try #require(prediction.guidance)
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
      predictor: Guided(scale: 2), generator: TorchGenerator(seed: 2))
    for step in trajectory {
      let guidance = try #require(step.evaluations[0].prediction.guidance)
      #expect(guidance.scale == 2 && guidance.unconditional.shape == [1, 4])
      #expect(step.predictedNoise.maxAbsDifference(from: guidance.combined) == 0)
    }
  }
}
