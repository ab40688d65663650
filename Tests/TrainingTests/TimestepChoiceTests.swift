import Diffusion
import Tensors
import Testing
import Training

@Suite("How often training asks about each timestep") struct TimestepChoiceTests {
  private let schedule = NoiseSchedule.linear(from: 1e-4, to: 0.02, count: 1000)

  @Test("simple asks alike, bound in proportion to the weights of the variational bound")
  func shares() {
    let count = 20_000
    func early(_ choice: TimestepChoice) -> Double {
      let drawn = choice.draw(count, of: schedule, generator: TorchGenerator(seed: 3))
      #expect(drawn.allSatisfy { 0..<1000 ~= $0 })
      return Double(drawn.count { $0 < 10 }) / Double(count)
    }
    // β_t² / (2 σ_t² α_t (1 − ᾱ_t)), DDPM Eq. 12 with σ_t² = β_t, summed over t < 10.
    let weights = (0..<1000).map {
      schedule.betas[$0] / (2 * schedule.alphas[$0] * (1 - schedule.alphasCumprod[$0]))
    }
    let expected = weights[..<10].reduce(0, +) / weights.reduce(0, +)
    #expect(expected > 0.1)
    #expect(abs(early(.bound) - expected) < 0.015)
    #expect(abs(early(.uniform) - 0.01) < 0.004)
  }
}
