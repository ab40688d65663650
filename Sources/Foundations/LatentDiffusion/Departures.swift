import Diffusion
import Foundation

extension Generation {
  /// What a person should know of the walk, one sentence each without its full stop: what is done
  /// otherwise than by diffusers 0.42 with the same files and options, and where it begins late as there.
  public var departures: [String] {
    let name = samplerName
    var list: [String] = []
    if model.unet.configuration.isToldGuidance {
      list.append(
        "This U-Net is told the guidance scale and was taught to guide by itself: one pass for each "
          + "step; a negative prompt, an interval and rescaling do nothing to it")
    } else if request.guidanceScale < 1 {
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
    list += [lateBeginning, cutTimestep].compactMap(\.self)
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

  /// "leading" timesteps are multiples of T/S rounded down, which is far from T/S for many steps: from
  /// T/2 on it is 1.
  private var lateBeginning: String? {
    guard firstIndex == 0, let first = sampler.plan.first?.from.t, walk.spacing == .leading
    else { return nil }
    let (count, steps) = (schedule.count, sampler.steps)
    let points = samplerName.solvesOverSchedule ? steps + 1 : steps
    let lost = (points - 1) * count / points - (points - 1) * (count / points)
    guard 10 * lost > count else { return nil }
    return
      "The walk begins at timestep \(Int(first)) of 0 to \(count - 1), where much of the picture is to "
      + "be seen already: \(steps) steps with 'leading' spacing go by multiples of "
      + "\(count)/\(points) rounded down, as in diffusers; divisors of \(count) begin near the last"
  }

  /// Exponential and beta sigmas of solvers of λ: what the network is told of the first of them.
  private var cutTimestep: String? {
    let count = schedule.count
    guard firstIndex == 0, samplerName.solvesOverSchedule, let sigmas = walk.sigmas,
      sigmas == .exponential || sigmas == .beta, sampler.plan.first?.from.t == Double(count - 2),
      schedule != NamedSchedule.scaledLinear.schedule()
    else { return nil }
    return
      "The network is told of timestep \(count - 2) where the noise is that of \(count - 1): diffusers "
      + "cuts the timesteps of \(sigmas.rawValue) sigmas off, and single precision leaves the first a "
      + "hair short under Stable Diffusion's schedule; under this one diffusers may tell of "
      + "\(count - 1)"
  }

  /// The noise over the signal above which rounding is seen in the fourth decimal of the result.
  /// Samplers that keep the variance, DPM-Solver++ among them, begin a cosine schedule at σ = 20291 as
  /// well, but x is scaled by it there: they stay within 1e-5 of diffusers', relative to the result.
  private static var coarseNoise: Double { 1000 }
}
