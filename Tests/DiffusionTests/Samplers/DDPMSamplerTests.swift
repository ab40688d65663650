import Tensors
import Testing

import Diffusion

@Suite("DDPM Algorithm 2") struct DDPMSamplerTests {
  static let schedule = NamedSchedule.linear.schedule()
  static let original = TorchGenerator(seed: 1).uniform([1, 3, 8, 8]).scaled(by: 2, plus: -1)

  static func walk(
    _ sampler: any Sampler, seed: UInt64 = 2, predictor: (any NoisePredictor)? = nil
  ) -> [DenoisingStep] {
    let generator = TorchGenerator(seed: seed)
    let start = sampler.initialNoise(original.shape, generator: generator)
    return Array(
      DenoisingTrajectory(
        from: start, sampler: sampler,
        predictor: predictor ?? TrueNoise(original: original, schedule: schedule),
        generator: generator))
  }

  @Test("with the true noise the chain ends at the image", arguments: [1, 10, 37, 1000])
  func endsAtImage(steps: Int) throws {
    let trajectory = Self.walk(try DDPMSampler(Self.schedule, steps: steps))
    #expect(trajectory.count == steps)
    let last = try #require(trajectory.last)
    #expect(last.next.maxAbsDifference(from: Self.original) <= 1e-5)
    #expect(last.previousT == -1)
  }

  @Test("the last step adds no noise, every other one does", arguments: FixedVariance.allCases)
  func lastStep(variance: FixedVariance) throws {
    for spacing in TimestepSpacing.allCases {
      let trajectory = Self.walk(
        try DDPMSampler(Self.schedule, steps: 20, spacing: spacing, variance: variance))
      for step in trajectory.dropLast() {
        #expect(step.std > 0 && step.noise != nil)
        #expect(step.next.maxAbsDifference(from: step.mean) > 0)
      }
      let last = try #require(trajectory.last)
      #expect(last.std == 0 && last.noise == nil && last.next.elements == last.mean.elements)
    }
  }

  @Test("the large variance is β, the small one β̃") func variances() throws {
    for variance in FixedVariance.allCases {
      let sampler = try DDPMSampler(Self.schedule, variance: variance)
      for step in Self.walk(sampler).prefix(999) where [998, 500, 1].contains(step.t) {
        let posterior = Self.schedule.posterior(at: Int(step.t))
        let expected = variance == .small ? posterior.variance : posterior.beta
        #expect(abs(step.std * step.std / expected - 1) <= 1e-9)
        let drawn = try #require(step.noise)
        let next = Tensor.combination(1, step.mean, step.std, drawn)
        #expect(step.next.elements == next.elements)
      }
    }
  }
}
