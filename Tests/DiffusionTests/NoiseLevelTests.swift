import Tensors
import Testing

import Diffusion

@Suite("ε, x_0 and v") struct NoiseLevelTests {
  @Test("each is found again from the other two", arguments: [0, 1, 250, 500, 900, 999])
  func conversions(t: Int) {
    let level = NamedSchedule.scaledLinear.schedule().level(at: t)
    let generator = TorchGenerator(seed: 1)
    let (original, noise) = (generator.normal([1, 3, 8, 8]), generator.normal([1, 3, 8, 8]))
    let x = level.noisy(original: original, noise: noise)
    let v = level.velocity(original: original, noise: noise)
    // Dividing by a small share of x_t magnifies its rounding.
    let (signal, share) = (Float(level.signalScale), Float(level.noiseScale))
    #expect(
      level.original(of: x, noise: noise).maxAbsDifference(from: original) <= 1e-6 / signal)
    #expect(level.noise(of: x, original: original).maxAbsDifference(from: noise) <= 1e-6 / share)
    #expect(level.original(of: x, velocity: v).maxAbsDifference(from: original) <= 2e-6)
    #expect(level.noise(of: x, velocity: v).maxAbsDifference(from: noise) <= 2e-6)
    // At another level none of them holds.
    let wrong = NoiseLevel(t: level.t, alphaCumprod: level.alphaCumprod * 0.99)
    #expect(wrong.original(of: x, velocity: v).maxAbsDifference(from: original) > 1e-4)
    #expect(
      wrong.original(of: x, noise: noise).maxAbsDifference(from: original) > 1e-5 / signal)
  }

  @Test("σ and ᾱ are two names for a level") func sigma() {
    let level = NoiseLevel(t: 3, sigma: 2)
    #expect(abs(level.alphaCumprod - 0.2) <= 1e-15 && abs(level.sigma - 2) <= 1e-12)
    #expect(NoiseLevel.clean.sigma == 0 && NoiseLevel.clean.lambda == .infinity)
  }
}
