import Tensors
import Testing

import Diffusion

@Suite("Euler in k-diffusion's space") struct EulerSamplerTests {
  static let schedule = KnownProblem.schedule

  /// x in DDIM's space beside x in k-diffusion's, step by step.
  func compare(_ k: any Sampler, _ ddim: any Sampler, scaledBy factor: Float = 1) -> Float {
    let noise = TorchGenerator(seed: 3).normal([8, 2])
    func walk(_ sampler: any Sampler, from start: Tensor) -> [DenoisingStep] {
      Array(
        DenoisingTrajectory(
          from: start, sampler: sampler, predictor: KnownProblem.mixture,
          generator: TorchGenerator(seed: 4)))
    }
    let scale = factor / Float(k.plan[0].from.signalScale)
    let steps = zip(walk(k, from: scale * noise), walk(ddim, from: noise))
    return steps.map { a, b in
      (Float(a.transition.to.signalScale) * a.next).maxAbsDifference(from: b.next)
    }.max() ?? .infinity
  }

  @Test("Euler's steps are DDIM's") func ddim() throws {
    let euler = try EulerSampler(Self.schedule, steps: 20, spacing: .leading, offset: 1)
    let ddim = try DDIMSampler(Self.schedule, steps: 20, offset: 1, clipRange: nil)
    #expect(compare(euler, ddim) <= 1e-5)
    #expect(compare(euler, ddim, scaledBy: 1.01) > 1e-4)
  }

  @Test("ancestral Euler is DDIM with η = 1, noise for noise") func ancestral() throws {
    let euler = try EulerAncestralSampler(Self.schedule, steps: 20, spacing: .leading, offset: 1)
    for eta in [1, 0.9] {
      let ddim = try DDIMSampler(Self.schedule, steps: 20, offset: 1, eta: eta, clipRange: nil)
      let difference = compare(euler, ddim)
      #expect(eta == 1 ? difference <= 1e-5 : difference > 1e-2)
    }
  }

  @Test("linspace stops between timesteps; the last step goes to σ = 0 or to the least σ")
  func plan() throws {
    let euler = try EulerSampler(Self.schedule, steps: 20)
    #expect(euler.plan[1].from.t == Double(Float(999.0 * 18 / 19)))
    #expect(euler.plan[19].from.t == 0 && euler.plan[19].to == .clean)
    #expect(abs(euler.initialNoiseScale - 14.6146) <= 1e-4)
    let kept = try EulerSampler(Self.schedule, steps: 20, spacing: .leading, endsClean: false)
    #expect(kept.plan[19].to.alphaCumprod == Self.schedule.alphasCumprod[0])
    let sigma = Self.schedule.sigmas[950]
    #expect(abs(kept.initialNoiseScale - (sigma * sigma + 1).squareRoot()) <= 1e-9)
  }
}
