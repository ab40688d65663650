import Tensors
import Testing

import Diffusion

@Suite("DDIM") struct DDIMSamplerTests {
  static let schedule = NamedSchedule.scaledLinear.schedule()
  static let original = DDPMSamplerTests.original
  static let predictor = TrueNoise(original: original, schedule: schedule)

  @Test("without noise it goes straight to the image, and twice the same", arguments: [1, 10, 50])
  func deterministic(steps: Int) throws {
    let sampler = try DDIMSampler(Self.schedule, steps: steps)
    let start = TorchGenerator(seed: 3).normal(Self.original.shape)
    let trajectory = DenoisingTrajectory(
      from: start, sampler: sampler, predictor: Self.predictor, generator: TorchGenerator(seed: 4))
    let (first, second) = (Array(trajectory), Array(trajectory))
    let last = try #require(first.last)
    #expect(last.next.maxAbsDifference(from: Self.original) <= 1e-5)
    #expect(last.next.elements == second.last?.next.elements)
    #expect(first.allSatisfy { $0.std == 0 && $0.noise == nil })
    // The noise stays the one that it started with.
    let noise = first[0].predictedNoise
    for step in first {
      #expect(step.predictedNoise.maxAbsDifference(from: noise) <= 2e-3)
    }
  }

  @Test("with η = 1 over all timesteps it is DDPM with the small variance") func ddpm() throws {
    let ddim = try DDIMSampler(Self.schedule, steps: 1000, eta: 1, clipRange: nil)
    let ddpm = try DDPMSampler(Self.schedule, clipRange: nil)
    let start = TorchGenerator(seed: 3).normal(Self.original.shape)
    func walk(_ sampler: any Sampler) -> [DenoisingStep] {
      Array(
        DenoisingTrajectory(
          from: start, sampler: sampler, predictor: Self.predictor,
          generator: TorchGenerator(seed: 4)))
    }
    for (a, b) in zip(walk(ddim), walk(ddpm)) {
      #expect(a.next.maxAbsDifference(from: b.next) <= 5e-5, "t = \(a.t)")
      #expect(abs(a.std - b.std) <= 1e-12)
    }
    let half = walk(try DDIMSampler(Self.schedule, steps: 1000, eta: 0.5, clipRange: nil))
    #expect(half[500].next.maxAbsDifference(from: walk(ddpm)[500].next) > 1e-2)
  }

  @Test("Stable Diffusion's last step goes to ᾱ_0, not to 1") func end() throws {
    let sampler = try DDIMSampler(
      Self.schedule, steps: 50, offset: 1, endsClean: false, clipRange: nil)
    #expect(sampler.plan.map(\.from.t) == (0..<50).map { Double(981 - 20 * $0) })
    #expect(sampler.plan.last?.to.alphaCumprod == Self.schedule.alphasCumprod[0])
    #expect(sampler.plan.last?.to.t == -1)
    let clean = try DDIMSampler(Self.schedule, steps: 50, offset: 1)
    #expect(clean.plan.last?.to == .clean)
  }
}
