import Tensors
import Testing

import Diffusion

@Suite("image-to-image and inpainting") struct ImageToImageTests {
  static let schedule = NamedSchedule.scaledLinear.schedule()

  @Test("strength chooses the first step") func strength() throws {
    let sampler = try DDIMSampler(Self.schedule, steps: 50, offset: 1)
    #expect(try sampler.firstIndex(strength: 0.8) == 10)
    #expect(try sampler.firstIndex(strength: 1) == 0)
    #expect(try sampler.firstIndex(strength: 0) == 50)
    #expect(try sampler.firstIndex(strength: 0.999) == 1)
    #expect(sampler.modelCalls(from: 10) == 40 && sampler.modelCalls(from: 60) == 0)
    for strength in [-0.1, 1.5, .nan] {
      #expect(throws: SamplerError.self) { try sampler.firstIndex(strength: strength) }
    }
  }

  @Test("from a noised image with its true noise, the image comes back") func start() throws {
    let original = DDPMSamplerTests.original
    let sampler = try DDIMSampler(Self.schedule, steps: 20)
    let index = try sampler.firstIndex(strength: 0.5)
    let noise = TorchGenerator(seed: 1).normal(original.shape)
    let steps = Array(
      DenoisingTrajectory(
        from: sampler.start(from: original, noise: noise, at: index), sampler: sampler,
        predictor: TrueNoise(original: original, schedule: Self.schedule),
        generator: TorchGenerator(seed: 2), firstIndex: index))
    #expect(steps.count == 10 && steps.first?.index == 10)
    #expect(try #require(steps.first).predictedNoise.maxAbsDifference(from: noise) <= 1e-5)
    #expect(try #require(steps.last).next.maxAbsDifference(from: original) <= 1e-5)
  }

  @Test("outside the mask the known image is put back at every step") func inpainting() throws {
    let original = DDPMSamplerTests.original
    let other = Tensor(original.shape, repeating: -0.3)
    let noise = TorchGenerator(seed: 1).normal(original.shape)
    // The left half may change.
    let mask = Tensor([1, 1, 8, 8], (0..<64).map { $0 % 8 < 4 ? 1 : 0 })
    let known = KnownRegion(original: original, noise: noise, mask: mask)
    #expect(known.mask.shape == original.shape)
    let sampler = try DDIMSampler(Self.schedule, steps: 20)
    let steps = Array(
      DenoisingTrajectory(
        from: noise, sampler: sampler,
        predictor: TrueNoise(original: other, schedule: Self.schedule),
        generator: TorchGenerator(seed: 2), knownRegion: known))
    let right = { (x: Tensor) in x.slice(4..<8, along: 3) }
    for (step, following) in zip(steps, steps.dropFirst()) {
      let level = following.transition.from
      let expected = level.noisy(original: original, noise: noise)
      #expect(right(step.next).maxAbsDifference(from: right(expected)) == 0)
    }
    let last = try #require(steps.last).next
    #expect(right(last).maxAbsDifference(from: right(original)) == 0)
    let left = last.slice(0..<4, along: 3)
    #expect(left.maxAbsDifference(from: other.slice(0..<4, along: 3)) <= 1e-5)
  }
}
