import Diffusion
import LatentDiffusion
import Pages

// The step of each sampler as a live formula: its coefficients at the current step.

extension TextToImagePage {
  var samplerFormula: LiveFormula {
    switch sampler {
    case .ddpm: ddpm
    case .ddim, .plms, .pndm: ddim
    case .euler, .eulerAncestral, .heun, .lms: alongSigma
    case .dpmSolver, .unipc: exponential
    case .deis: deis
    }
  }

  private func value(_ number: (Transition) -> Double) -> Varying<Double> {
    over { number($0.step.denoising.transition) }
  }

  /// μ̃ and noise.
  private var ddpm: LiveFormula {
    let original = Quantity("c_0", "weight of x̂_0", .prediction)
    let current = Quantity("c_t", "weight of z_t", .neutral)
    let std = Quantity("σ", "fresh noise", .noise)
    return LiveFormula(
      """
      z_{t−1} = \(term: original, value: value { Posterior($0).originalCoefficient }) x̂_0
      + \(term: current, value: value { Posterior($0).currentCoefficient }) z_t
      + \(term: std, value: over { $0.step.denoising.std }) n
      """,
      reading: """
        DDPM: a little towards the picture that the model believes in, mostly where it is, and fresh \
        noise n, but for the last step.
        """)
  }

  private var ddim: LiveFormula {
    let signal = Quantity("√{ᾱ′}", "how much picture the next step holds", .prediction)
    let noise = Quantity("√{1 − ᾱ′}", "how much noise the next step holds", .noise)
    let words: Prose =
      sampler == .ddim
      ? "DDIM: take the noise away, and put less of the same noise back."
      : """
      PLMS: as DDIM, but along \(math: "ε′"), which extrapolates the last four noises: \
      \(math: "(55 ε_0 − 59 ε_1 + 37 ε_2 − 9 ε_3) / 24"), newest first; the first steps make do with \
      fewer.
      """
    return LiveFormula(
      """
      z′ = \(term: signal, value: value { $0.to.signalScale }) x̂_0
      + \(term: noise, value: value { $0.to.noiseScale }) ε′
      """, reading: words)
  }

  /// Samplers in k-diffusion's space.
  private var alongSigma: LiveFormula {
    let change = Quantity("σ′ − σ", "the way down", .noise)
    let up = Quantity("σ_up", "fresh noise", .noise)
    let words: Prose =
      switch sampler {
      case .euler: "Euler: along the tangent d, which here is the noise itself."
      case .eulerAncestral:
        "Euler ancestral: further down than asked, then up again by fresh noise n."
      case .heun: "Heun: along the mean of the tangents at both ends of the step."
      default: "LMS: along a polynomial through the last four tangents."
      }
    guard sampler == .eulerAncestral else {
      return LiveFormula(
        "x′ = x + ( \(term: change, value: value { $0.to.sigma - $0.from.sigma }) ) d",
        reading: words)
    }
    let down = Quantity("σ_down − σ", "the way down", .noise)
    return LiveFormula(
      """
      x′ = x + ( \(term: down, value: value { Self.downSigma($0) - $0.from.sigma }) ) d
      + \(term: up, value: over { $0.step.denoising.std }) n
      """, reading: words)
  }

  /// σ_down = σ′²/σ: what is left when as much noise as in DDPM's posterior is fresh.
  private static func downSigma(_ move: Transition) -> Double {
    move.to.sigma * move.to.sigma / move.from.sigma
  }

  private var deis: LiveFormula {
    let ratio = Quantity("√{ᾱ′} / √{ᾱ}", "how much the signal grows", .signal)
    let noise = Quantity("√{1 − ᾱ′} − √{ᾱ′ ( 1 − ᾱ ) / ᾱ}", "how much of the noise goes", .noise)
    return LiveFormula(
      """
      z′ = \(term: ratio, value: value { $0.to.signalScale / $0.from.signalScale }) z_t
      + ( \(term: noise, value: value { Self.noiseWeight($0) }) ) ε′
      """,
      reading: """
        DEIS: exact for the linear part; \(math: "ε′") follows a line through the last two noises, in \
        the logarithm of the noise over the signal.
        """)
  }

  /// What DDIM multiplies ε with.
  private static func noiseWeight(_ move: Transition) -> Double {
    move.to.noiseScale - move.to.signalScale / move.from.signalScale * move.from.noiseScale
  }

  /// Exponential integrators, in h = λ′ − λ.
  private var exponential: LiveFormula {
    let ratio = Quantity("√{1 − ᾱ′} / √{1 − ᾱ}", "how much of z_t stays", .noise)
    let weight = Quantity("√{ᾱ′} (1 − e^{−h})", "weight of the picture", .prediction)
    let words: Prose =
      sampler == .dpmSolver
      ? "DPM-Solver++: exact for the linear part; D extrapolates the last two x̂_0."
      : "UniPC: the same integral as DPM-Solver++, predicted, then corrected with the new x̂_0."
    return LiveFormula(
      """
      z′ = \(term: ratio, value: value { $0.to.noiseScale / $0.from.noiseScale }) z_t
      + \(term: weight, value: value { Self.pictureWeight($0) }) D
      """, reading: words)
  }

  /// √ᾱ′·(1 − e^{−h}) without λ′, which is infinite at the clean end.
  private static func pictureWeight(_ move: Transition) -> Double {
    let ratio = move.to.noiseScale / move.from.noiseScale
    return move.to.signalScale - ratio * move.from.signalScale
  }
}
