import Tensors
import Testing

import Diffusion

@Suite("the ledger of a DDPM step") struct ReverseLedgerTests {
  static let schedule = DDPMSamplerTests.schedule

  static func ledgers(loudness: Float, clipRange: ClosedRange<Float>?) throws -> [ReverseLedger] {
    let predictor = TrueNoise(original: loudness * DDPMSamplerTests.original, schedule: schedule)
    let sampler = try DDPMSampler(schedule, clipRange: clipRange)
    return DDPMSamplerTests.walk(sampler, predictor: predictor).map(ReverseLedger.init)
  }

  @Test("its numbers are the schedule's") func numbers() throws {
    for (index, ledger) in try Self.ledgers(loudness: 1, clipRange: nil).enumerated() {
      let t = 999 - index
      let posterior = Self.schedule.posterior(at: t)
      #expect(ledger.t == Double(t) && ledger.previousT == Double(t - 1))
      #expect(abs(ledger.beta / Self.schedule.betas[t] - 1) <= 1e-9)
      #expect(ledger.alphaCumprod == Self.schedule.alphasCumprod[t])
      #expect(ledger.alphaCumprodPrevious == Self.schedule.level(at: t - 1).alphaCumprod)
      #expect(ledger.originalCoefficient == posterior.originalCoefficient)
      #expect(ledger.currentCoefficient == posterior.currentCoefficient)
      #expect(ledger.posteriorVariance == posterior.variance)
      #expect(abs(ledger.std * ledger.std - (t == 0 ? 0 : posterior.variance)) <= 1e-15)
    }
  }

  @Test("both forms of the mean agree where nothing is clipped") func means() throws {
    for ledger in try Self.ledgers(loudness: 1, clipRange: nil) {
      #expect(
        ledger.clippedFraction == 0 && (ledger.meanResidual ?? .nan) <= 1e-6, "t = \(ledger.t)")
    }
  }

  @Test("clipping x̂_0 is what makes them differ") func clipping() throws {
    let expected = (1.5 * DDPMSamplerTests.original).elements.count { abs($0) > 1 }
    for ledger in try Self.ledgers(loudness: 1.5, clipRange: -1...1) where ledger.t < 500 {
      #expect(ledger.clippedFraction == Double(expected) / 192, "t = \(ledger.t)")
      #expect((ledger.meanResidual ?? .nan) > 1e-5, "t = \(ledger.t)")
    }
  }
}
