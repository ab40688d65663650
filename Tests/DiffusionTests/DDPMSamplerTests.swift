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
    let start = Float(sampler.initialNoiseScale) * generator.normal(original.shape)
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
        let next = Tensor.weightedSum(1, step.mean, Float(step.std), drawn)
        #expect(step.next.elements == next.elements)
      }
    }
  }

  @Test("the ledger's two means agree unless x̂_0 is clipped") func ledger() throws {
    var clippedSomewhere = false
    let loud = TrueNoise(original: 1.5 * Self.original, schedule: Self.schedule)
    for step in Self.walk(try DDPMSampler(Self.schedule), predictor: loud) {
      let ledger = ReverseLedger(step)
      #expect(ledger.t == Double(999 - step.index) && ledger.previousT == ledger.t - 1)
      #expect(ledger.beta > 0 && ledger.alphaCumprod < ledger.alphaCumprodPrevious)
      let same = ledger.clippedFraction == 0
      if same { #expect(ledger.meanResidual <= 1e-6) }
      if ledger.clippedFraction > 0.1 && step.t < 500 {
        #expect(ledger.meanResidual > 1e-5)
        clippedSomewhere = true
      }
    }
    #expect(clippedSomewhere)
    for step in Self.walk(try DDPMSampler(Self.schedule, clipRange: nil)) {
      let ledger = ReverseLedger(step)
      #expect(ledger.clippedFraction == 0 && ledger.meanResidual <= 1e-6, "t = \(step.t)")
    }
  }
}
