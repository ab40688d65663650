import Commands
import Diffusion
import LatentDiffusion
import Pages
import Tensors

// What the page claims with how well it holds, what to try next, and the table for the terminal.

extension TextToImagePage {
  var residuals: [Residual] {
    let identities = experiment.identities
    var residuals: [Residual] = []
    if let guidance = identities.guidance {
      residuals.append(
        Residual(
          """
          Guidance: \(math: "ε_u + s (ε_c − ε_u) = (1 − s) ε_u + s ε_c"): largest difference over all \
          steps, relative to the largest magnitude
          """, measured: guidance, bound: 1e-5))
    }
    if let batching = identities.batching {
      residuals.append(
        Residual(
          "One batch of two = two passes of one through the U-Net, at the first step: relative",
          measured: batching, bound: request.precision.bound))
    }
    if let rounding = identities.rounding { residuals.append(.rounding(rounding)) }
    residuals += [
      Residual(
        """
        \(math: "√ᾱ x̂_0 + √{1 − ᾱ} ε = z_t"): picture and noise give the latent back, over all \
        steps: relative
        """, measured: identities.mixture, bound: 1e-5),
      Residual(
        "The same request gives the same numbers: the first steps made again, relative",
        measured: identities.repetition, bound: 1e-6),
      Residual(
        "image.png = decoded z.final: largest difference of a pixel, of 1; half of 1/255 is rounding",
        measured: experiment.pictureError, bound: 0.5 / 255 + 1e-6),
    ]
    return residuals + (effects?.report.residuals ?? [])
  }

  var suggestions: [Suggestion] {
    [
      suggestion(
        "--seed", "\(request.seed &+ 1)",
        because: "another beginning: what the prompt fixes, and what chance does"),
      suggestion(
        "--seed", "1-8", because: "eight beginnings beside each other, on one timeline"),
      suggestion(
        "--guidance-scale", isGuided ? "1" : "7.5",
        because: isGuided
          ? "no guidance: half the work, and the prompt matters less"
          : "guidance: twice the work, and the prompt matters more"),
      otherSampler,
      suggestion(
        "--negative-prompt", "night", because: "lead away from something, not just from nothing"),
    ] + (aboutPicture.map { [$0] } ?? [])
  }

  /// Another sampler, without the options of this run's that do nothing to it.
  private var otherSampler: Suggestion {
    let other = sampler == .eulerAncestral ? SamplerName.dpmSolver : .eulerAncestral
    let idle = try? generation.model.scheduler.withoutEffect(request.walk, on: other)
    return suggestion(
      "--sampler", other.rawValue, without: (idle ?? []).map { "--\($0)" },
      because: other == .dpmSolver
        ? "no fresh noise: the walk settles on one picture early"
        : "fresh noise at every step: the walk keeps changing its mind")
  }

  /// A picture to begin from, or less or more of it; nil where so few steps leave none to make.
  private var aboutPicture: Suggestion? {
    func leavesSteps(_ strength: Double) -> Bool { Int(Double(request.steps) * strength) > 0 }
    if isForEditing {
      return suggestion("--image-guidance-scale", "2", because: "stay nearer to the picture")
    }
    guard request.initialImage != nil else {
      return leavesSteps(GenerationRequest.usualStrength(masked: false))
        ? suggestion(
          "--init-image", "fixtures/images/scene.png",
          because: "begin from a picture instead of pure noise") : nil
    }
    return leavesSteps(0.4)
      ? suggestion("--strength", "0.4", because: "keep more of the picture") : nil
  }

  /// The command of this run with one option changed.
  /// - Parameter dropped: other options that are left out.
  private func suggestion(
    _ option: String, _ value: String, without dropped: [String] = [], because reason: Prose
  ) -> Suggestion {
    var arguments: [String] = []
    var skipsValue = false
    for argument in self.arguments {
      if skipsValue {
        skipsValue = false
      } else if argument == option || dropped.contains(argument) {
        skipsValue = true
      } else if !([option] + dropped).contains(where: { argument.hasPrefix($0 + "=") }) {
        arguments.append(argument)
      }
    }
    return Suggestion("text-to-image", arguments + [option, value], because: reason)
  }

  /// The first step, the last, and some between.
  var summary: Summary {
    let frames = experiment.frames
    let rows = min(frames.count, 6)
    let shown = (0..<rows).map { frames[$0 * (frames.count - 1) / max(rows - 1, 1)] }
    return Summary(
      columns: ["step", "t", "sigma", "std z_t", "norm e", "norm e_c-e_u", "std x0", "seconds"],
      rows: shown.map { frame in
        let values = [
          frame.step.t, frame.step.sigma, frame.latent.std, frame.noiseNorm, frame.guidanceNorm,
          frame.originalStd, frame.step.seconds,
        ]
        return ["\(frame.step.number)"] + values.map { NumberFormat.automatic.text($0) }
      })
  }
}

extension Residual {
  /// How far products of rounded factors are from those in Float32.
  static func rounding(_ distance: Double) -> Residual {
    Residual(
      """
      Factors rounded to bfloat16: what the U-Net says at the first step against the same in float32, \
      norm of the difference relative to the norm
      """, measured: distance, bound: 0.1, kind: .finding)
  }
}

extension Precision {
  /// How far one way of adding up the same products may lie from another, relative: sums that differ in
  /// their last bits round to neighbours now and then, and what follows differs by as much.
  var bound: Double { self == .float32 ? 1e-4 : 0.1 }
}
