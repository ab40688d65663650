import Tensors
import Testing

import Diffusion

@Suite("UniPC") struct UniPCSamplerTests {
  static let schedule = KnownProblem.schedule

  @Test("the first step is DDIM, the later ones are not") func first() throws {
    let walk = KnownProblem.walk(
      try UniPCSampler(Self.schedule, steps: 20), KnownProblem.mixture, shape: [8, 2])
    for (index, step) in walk.enumerated() where index < 3 {
      let ddim = step.transition.to.noisy(
        original: step.predictedOriginal, noise: step.predictedNoise)
      let difference = step.next.maxAbsDifference(from: ddim)
      #expect(index == 0 ? difference <= 2e-6 : difference > 1e-5)
    }
  }

  @Test("a model that says the same x̂_0 everywhere leaves nothing to correct") func constant()
    throws
  {
    struct Constant: NoisePredictor {
      let original: Tensor
      var predictionType: PredictionType { .original }
      func predict(_ x: Tensor, at t: Double) -> Prediction { Prediction(output: original) }
    }
    let original = TorchGenerator(seed: 1).normal([8, 2])
    let sampler = try UniPCSampler(Self.schedule, steps: 20)
    let start = TorchGenerator(seed: 3).normal([8, 2])
    for step in KnownProblem.walk(sampler, Constant(original: original), shape: [8, 2]) {
      // The probability flow keeps (x − √ᾱ·x_0)/√(1 − ᾱ).
      let (first, to) = (sampler.plan[0].from, step.transition.to)
      let noise = first.noise(of: start, original: original)
      let exact = to.noisy(original: original, noise: noise)
      #expect(step.next.maxAbsDifference(from: exact) <= 1e-5, "t = \(step.t)")
    }
  }

  @Test("the corrector brings the walk closer than the predictor alone") func corrector() throws {
    // DPM-Solver++ 2M is the predictor without its corrector.
    let gaussian = MixtureDenoiser(
      GaussianMixture(means: Tensor([1, 1], [0]), variances: .isotropic([0.25])),
      schedule: Self.schedule)
    func error(_ sampler: any Sampler) throws -> Float {
      let start = KnownProblem.start(sampler, shape: [64, 1])
      let last = try #require(KnownProblem.walk(sampler, gaussian, shape: [64, 1]).last)
      let from = sampler.plan[0].from
      let spread = (from.alphaCumprod * 0.25 + 1 - from.alphaCumprod).squareRoot()
      return last.next.maxAbsDifference(from: Float(0.5 / spread) * start)
    }
    let (with, without) = try (
      error(UniPCSampler(Self.schedule, steps: 20)),
      error(DPMSolverSampler(Self.schedule, steps: 20))
    )
    #expect(with < without)
  }
}
