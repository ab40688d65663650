import Diffusion
import Foundation

extension Generation {
  /// What is done otherwise than by diffusers 0.42 with the same files and options, one sentence each
  /// without its full stop; empty where the picture is diffusers'.
  public var departures: [String] {
    guard let name = samplerName else { return [] }
    var list: [String] = []
    if request.guidanceScale < 1 {
      list.append(
        "A guidance scale below 1 mixes the pictures with and without the prompt here; diffusers "
          + "draws the one with the prompt for any scale up to 1")
    }
    if name == .plms {
      list.append(
        "PLMS begins as CompVis's does, with a trial step"
          + (firstIndex > 0 ? ", also from the middle of the walk" : "")
          + "; diffusers' own version of it is the sampler pndm")
    }
    if name == .pndm, model.scheduler.leavesOutRungeKutta {
      list.append(
        "PNDM begins as with Stable Diffusion's own scheduler file; made from this model's file, "
          + "diffusers' would begin with Runge-Kutta steps")
    }
    if model.scheduler.leavesOutClipping(name) {
      list.append(
        "The model's scheduler file (\(model.scheduler.className)) does not mention clip_sample, and "
          + "\(name.rawValue) made from it by diffusers would hold the predicted picture to -1...1 at "
          + "every step, as is right for pixels; here latents are left as they are")
    }
    if model.scheduler.dropsZeroTerminalSNR(name) {
      list.append(
        "The model was trained with zero terminal SNR, which \(name.rawValue) does not know: as in "
          + "diffusers, it walks the schedule that still has signal at its end")
    }
    if let last = sampler.plan.last, let ddpm = sampler as? DDPMSampler, ddpm.variance == .large,
      last.from.t > 0
    {
      list.append(
        "The last step adds no noise, as DDPM's Algorithm 2 says; diffusers adds some when the last "
          + "timestep is above 0")
    }
    let noise = sampler.initialNoiseScale
    if noise > Self.coarseNoise {
      let gap = String(format: "%.1g", Float(noise).ulp)
      list.append(
        "The walk begins at σ = \(Int(noise.rounded())), where neighbouring numbers of single "
          + "precision lie \(gap) apart: the result differs from diffusers', which rounds its noise "
          + "levels as well, in the third to fifth digit")
    }
    return list
  }

  /// The noise over the signal above which rounding is seen in the fourth decimal of the result.
  /// Samplers that keep the variance, DPM-Solver++ among them, begin a cosine schedule at σ = 20291 as
  /// well, but x is scaled by it there: they stay within 1e-5 of diffusers', relative to the result.
  private static var coarseNoise: Double { 1000 }
}
