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

  @Test(
    "rescaled, each row goes back to the spread of ε_c as far as φ says", arguments: [0.3, 1.0])
  func rescaled(by rescale: Double) {
    let generator = TorchGenerator(seed: 3)
    let (u, c) = (generator.normal([2, 40]), 0.5 * generator.normal([2, 40]))
    let plain = Guidance(unconditional: u, conditional: c, scale: 7.5).combined
    let found = Guidance(unconditional: u, conditional: c, scale: 7.5, rescale: rescale).combined
    for row in 0..<2 {
      let (before, own) = (plain.rows(row..<row + 1), c.rows(row..<row + 1))
      let (std, wanted) = (before.moments.std, own.moments.std)
      let after = found.rows(row..<row + 1)
      #expect(abs(after.moments.std - (rescale * wanted + (1 - rescale) * std)) < 1e-5)
      // The direction stays: only the length changes.
      let factor = Float(after.norm / before.norm)
      #expect((factor * before).maxAbsDifference(from: after) < 1e-5)
    }
    let flat = Tensor([1, 4], repeating: 2)
    let still = Guidance(unconditional: flat, conditional: flat, scale: 3, rescale: rescale)
    #expect(still.combined.isFinite)
  }

  @Test("an interval is open below and closed above, in σ")
  func interval() {
    let interval = GuidanceInterval(low: 0.5, high: 2)
    let levels = [0.25, 0.5, 1, 2, 4].map { NoiseLevel(t: 1, sigma: $0) }
    #expect(levels.map(interval.contains) == [false, false, true, true, false])
    #expect(levels.allSatisfy { GuidanceRefinements().act(at: $0) })
    #expect(!GuidanceRefinements(interval: interval).act(at: levels[0]))
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
