import Diffusion
import Foundation
import Testing

@Suite("What the bits of the bound buy") struct BoundProfileTests {
  private static let schedule = NamedSchedule.linear.schedule()

  /// A prediction whose error in units of the noise rises as x_t gets clearer.
  private static func errors(at timesteps: some Sequence<Int>) -> [PredictionError] {
    timesteps.map { t in
      let noise = 0.01 + 0.2 / (1 + log(Double(t + 1)))
      return PredictionError(t: t, noise: noise, original: noise / schedule.level(at: t).snr)
    }
  }

  private static func profile(
    _ variance: FixedVariance = .small, at timesteps: some Sequence<Int> = 0..<1000
  ) -> BoundProfile {
    BoundProfile(
      LikelihoodBound(schedule, variance: variance), meanSquare: 0.4, decoder: 1.5,
      errors: errors(at: timesteps))
  }

  @Test("the rate begins with L_T and ends with the whole bound")
  func rate() throws {
    let profile = Self.profile()
    let last = try #require(profile.steps.last)
    #expect(last.rate == profile.prior && last.t == 999)
    #expect(abs(profile.steps[0].rate + profile.decoder - profile.total) < 1e-12)
    for (earlier, later) in zip(profile.steps, profile.steps.dropFirst()) {
      #expect(abs(earlier.rate - later.rate - later.bits) < 1e-12)
    }
  }

  @Test("timesteps between two that were measured cost about what they would have cost")
  func between() {
    let whole = Self.profile()
    let some = Self.profile(at: [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 999])
    #expect(some.measured.count == 12 && some.steps.count == 1000)
    #expect(abs(some.total / whole.total - 1) < 2e-3)
    #expect(some.steps[64].bits == whole.steps[64].bits)
    let few = Self.profile(at: [0, 999])
    #expect(abs(few.total / whole.total - 1) > 0.02)
    // Beyond the last one that was measured the error stays what it was, in units of the noise.
    let cut = Self.profile(at: [0, 500])
    #expect(cut.steps[999].noiseError == cut.steps[500].noiseError)
  }

  @Test("every line of the derivation has the same sum", arguments: FixedVariance.allCases)
  func derivation(variance: FixedVariance) {
    let profile = Self.profile(variance)
    let derivation = BoundDerivation(profile)
    #expect(derivation.lines.map(\.equation) == Array(17...22))
    #expect(derivation.residual < 1e-9)
    #expect(abs((derivation.lines.last?.total ?? 0) - profile.total) < 1e-12)
    for line in derivation.lines { #expect(line.parts.allSatisfy { $0.bits.isFinite }) }
  }

  @Test("and not for a bound whose step's variance is not the one it was made with")
  func wrongDerivation() {
    let right = Self.profile()
    let errors = right.steps.map {
      PredictionError(t: $0.t, noise: $0.noiseError, original: $0.originalError)
    }
    let other = BoundProfile(
      LikelihoodBound(Self.schedule, variance: .large), meanSquare: 0.4, decoder: 1.5,
      errors: errors)
    #expect(abs(BoundDerivation(other).lines[0].total - right.total) > 1e-3)
  }

  @Test("the bend is where the curve leaves the chord farthest")
  func bend() {
    let profile = Self.profile()
    let (bend, first) = (profile.steps[profile.bend], profile.steps[999])
    func below(_ step: BoundProfile.Step) -> Double {
      1 - (step.rate - first.rate) / (profile.total - first.rate)
        - step.distortion / first.distortion
    }
    #expect(profile.steps.allSatisfy { below($0) <= below(bend) })
    #expect(below(bend) > 0.3)
    #expect(0 < profile.bend && profile.bend < 999)
  }
}
