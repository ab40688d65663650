import Foundation
import Tensors
import Testing

import Diffusion

@Suite("q(x_t | x_0)") struct ForwardProcessTests {
  static let process = ForwardProcess(NamedSchedule.linear.schedule())
  static let original = TorchGenerator(seed: 1).uniform([1, 3, 16, 16]).scaled(by: 2, plus: -1)

  @Test(
    "the chain of steps equals the closed form with its composed noise",
    arguments: NamedSchedule.allCases)
  func chain(name: NamedSchedule) {
    let process = ForwardProcess(name.schedule())
    var last: NoisingChain.Step?
    for step in process.chain(from: Self.original, generator: TorchGenerator(seed: 2)) {
      #expect(step.measures.residual <= 1e-5, "t = \(step.t)")
      last = step
    }
    #expect(last?.t == 999)
    guard let last else { return }
    let closed = process.sample(original: Self.original, noise: last.composedNoise, at: 999)
    #expect(last.sample.maxAbsDifference(from: closed) <= 1e-5)
    #expect(abs(last.composedNoise.moments.variance - 1) < 0.2)
  }

  @Test("a wrong coefficient in one step breaks the closed form") func wrongStep() {
    var betas = Self.process.schedule.betas
    betas[500] *= 1.05
    let wrong = ForwardProcess(NoiseSchedule(betas: betas))
    let steps = Array(wrong.chain(from: Self.original, generator: TorchGenerator(seed: 2)))
    let closed = Self.process.sample(
      original: Self.original, noise: steps[500].composedNoise, at: 500)
    #expect(steps[500].sample.maxAbsDifference(from: closed) > 1e-4)
  }

  @Test("the composed noise is what is left when the image is taken out") func composed() {
    let chain = Self.process.chain(from: Self.original, generator: TorchGenerator(seed: 3))
    for step in chain.prefix(300).filter({ [0, 1, 99, 299].contains($0.t) }) {
      let level = Self.process.schedule.level(at: step.t)
      let noise = level.noise(of: step.sample, original: Self.original)
      #expect(noise.maxAbsDifference(from: step.composedNoise) <= 1e-4)
    }
  }

  @Test(
    "with noise of its own, the closed form has the chain's moments", arguments: [10, 500, 999])
  func moments(t: Int) {
    let original = Tensor([100_000], repeating: 0.8)
    var sample = original
    for step in Self.process.chain(from: original, generator: TorchGenerator(seed: 4)).prefix(t + 1)
    {
      sample = step.sample
    }
    let level = Self.process.schedule.level(at: t)
    let jump = Self.process.sample(
      original: original, noise: TorchGenerator(seed: 5).normal([100_000]), at: t)
    for m in [sample.moments, jump.moments] {
      #expect(abs(m.mean - 0.8 * level.signalScale) <= 5 * level.noiseScale / 316)
      #expect(abs(m.std / level.noiseScale - 1) <= 0.01)
    }
  }

  @Test("a step kept for later is not overwritten") func value() {
    let steps = Array(
      Self.process.chain(from: Self.original, generator: TorchGenerator(seed: 2)).prefix(2))
    let again = Array(
      Self.process.chain(from: Self.original, generator: TorchGenerator(seed: 2)).prefix(1))
    #expect(steps[0].sample.elements == again[0].sample.elements)
    #expect(steps[0].sample.elements != steps[1].sample.elements)
  }

  @Test("two noises merge into one: earlier² + fresh² = merged²", arguments: [0, 1, 2, 500, 999])
  func merge(t: Int) {
    let schedule = Self.process.schedule
    for s in Set([0, max(t - 1, 0), t]) {
      let merge = Self.process.noiseMerge(at: t, since: s)
      let sum = merge.earlier * merge.earlier + merge.fresh * merge.fresh
      #expect(abs(sum - merge.merged * merge.merged) <= 1e-14)
      if s == t { #expect(merge.earlier == 0) }
      if s == 0 { #expect(abs(merge.merged - schedule.level(at: t).noiseScale) <= 1e-12) }
      if s == t - 1 {
        let earlier = (schedule.alphas[t] * (1 - schedule.alphas[t - 1])).squareRoot()
        #expect(abs(merge.earlier - earlier) <= 1e-12)
      }
      // Without the shrinking by √α_t the sum is too large.
      let unshrunk = merge.earlier / schedule.alphas[t].squareRoot()
      let wrong = unshrunk * unshrunk + merge.fresh * merge.fresh
      if s < t { #expect(wrong - merge.merged * merge.merged > 1e-9) }
    }
    let merge = Self.process.noiseMerge(at: t, since: 0)
    let generator = TorchGenerator(seed: 6)
    let sum = Tensor.weightedSum(
      Float(merge.earlier), generator.normal([200_000]), Float(merge.fresh),
      generator.normal([200_000]))
    #expect(abs(sum.moments.std / merge.merged - 1) <= 0.01)
  }

  @Test("L_T for data of unit power has the known values") func prior() {
    func bits(_ name: NamedSchedule) -> Double {
      ForwardProcess(name.schedule()).priorDivergence(meanSquare: 1)
    }
    #expect(abs(bits(.scaledLinear) - 3.37e-3) <= 5e-6)
    #expect(abs(bits(.latentDiffusion) - 1.03e-4) <= 5e-7)
    #expect(abs(bits(.linear) - 2.91e-5) <= 5e-8)
    let rescaled = ForwardProcess(
      NamedSchedule.scaledLinear.schedule().rescaledToZeroTerminalSNR())
    #expect(rescaled.priorDivergence(of: Self.original) == 0)
  }

  @Test("L_T is the divergence between two Gaussians, integrated") func integrated() {
    let process = ForwardProcess(NoiseSchedule(betas: [0.3, 0.4]))
    let level = process.schedule.level(at: 1)
    let x0 = 0.7
    let (mean, std) = (level.signalScale * x0, level.noiseScale)
    var sum = 0.0
    for i in -8000...8000 {
      let x = Double(i) / 1000
      let logQ = -(x - mean) * (x - mean) / (2 * std * std) - log(std)
      sum += exp(logQ) * (logQ + x * x / 2) / 1000
    }
    let bits = sum / (2 * Double.pi).squareRoot() / log(2)
    #expect(abs(process.priorDivergence(of: Tensor([3], repeating: Float(x0))) - bits) <= 1e-6)
  }
}
