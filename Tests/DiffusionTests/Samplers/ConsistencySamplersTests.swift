import Tensors
import Testing

import Diffusion

@Suite("Samplers of distilled models") struct ConsistencySamplersTests {
  @Test("LCM jumps to the picture and noises it; near t = 0 it keeps what it is shown") func lcm()
    throws
  {
    let sampler = try LCMSampler(KnownProblem.schedule, steps: 4)
    #expect(sampler.plan.map(\.from.t) == [999, 759, 499, 259])
    let walk = KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2])
    for step in walk {
      let scaled = Float(step.transition.to.signalScale) * step.predictedOriginal
      #expect(step.mean.maxAbsDifference(from: scaled) <= 1e-5)
      #expect(step.std == step.transition.to.noiseScale)
    }
    let still = try LCMSampler(KnownProblem.schedule, steps: 4, timestepScaling: 1e-9)
    let last = try #require(
      KnownProblem.walk(still, KnownProblem.mixture, shape: [8, 2]).last)
    #expect(last.next.maxAbsDifference(from: last.current) <= 1e-5)
  }

  @Test("TCD without noise is DDIM; with γ the variance of the next level is kept")
  func tcd() throws {
    let sampler = try TCDSampler(KnownProblem.schedule, steps: 5)
    for step in KnownProblem.walk(sampler, KnownProblem.mixture, shape: [8, 2]) {
      let ddim = step.transition.to.noisy(
        original: step.predictedOriginal, noise: step.predictedNoise)
      #expect(step.next.maxAbsDifference(from: ddim) <= 1e-6 && step.noise == nil)
    }
    let noisy = try TCDSampler(KnownProblem.schedule, steps: 5, gamma: 0.3)
    let walk = KnownProblem.walk(noisy, KnownProblem.mixture, shape: [8, 2])
    for step in walk.dropLast() {
      // s = ⌊0.7 t'⌋, and √(ᾱ'/ᾱ_s) takes its noise to what is missing of 1 − ᾱ'.
      let below = KnownProblem.schedule.level(at: Int(Float(0.7) * Float(step.previousT)))
      let to = step.transition.to
      let kept = to.alphaCumprod / below.alphaCumprod
      #expect(abs(step.std * step.std - (1 - kept)) <= 1e-12)
      #expect(
        abs(kept * (1 - below.alphaCumprod) + step.std * step.std - (1 - to.alphaCumprod)) <= 1e-12)
    }
    #expect(walk.last?.noise == nil && walk.last?.std == 0)
  }
}
