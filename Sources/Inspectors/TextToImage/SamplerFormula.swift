import Commands
import Diffusion
import LatentDiffusion
import Pages

// The step of each sampler as a live formula: its coefficients at the current step.

extension TextToImagePage {
  var samplerFormula: LiveFormula {
    switch sampler {
    case .ddpm: ddpm
    case .ddim where (generation.walk.eta ?? 0) > 0: noisyDDIM
    case .ddim, .plms, .pndm: ddim
    case .euler, .eulerAncestral, .heun, .kdpm2, .kdpm2Ancestral, .lms: alongSigma
    case .dpmSolver, .dpmSolver3M, .dpmSolver2S, .dpmSolver3S, .unipc: exponential
    case .dpmSolverSDE: stochastic
    case .deis: deis
    case .lcm: lcm
    case .tcd: tcd
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

  /// DDIM with η > 0.
  private var noisyDDIM: LiveFormula {
    let signal = Quantity("√{ᾱ′}", "how much picture the next step holds", .prediction)
    let kept = Quantity("√{1 − ᾱ′ − σ^2}", "how much of the same noise comes back", .noise)
    let std = Quantity("σ", "fresh noise", .noise)
    return LiveFormula(
      """
      z′ = \(term: signal, value: value { $0.to.signalScale }) x̂_0
      + \(term: kept, value: over { $0.step.denoising.keptNoise }) ε′
      + \(term: std, value: over { $0.step.denoising.std }) n
      """,
      reading: """
        DDIM with \(math: "η") = \(Prose(Values.text(generation.walk.eta ?? 0))): take the noise away, \
        and put back a part of the same noise and fresh noise n, together as much as the next step holds.
        """)
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
      case .kdpm2: "KDPM2: along the tangent in the middle of the step, in the logarithm of σ."
      case .kdpm2Ancestral:
        """
        KDPM2 ancestral: along the tangent in the middle, further down than asked, then up again by \
        fresh noise n.
        """
      default: "LMS: along a polynomial through the last four tangents."
      }
    guard [.eulerAncestral, .kdpm2Ancestral].contains(sampler) else {
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
      switch sampler {
      case .dpmSolver: "DPM-Solver++: exact for the linear part; D extrapolates the last two x̂_0."
      case .dpmSolver3M:
        "DPM-Solver++ 3M: exact for the linear part; D is a parabola through the last three x̂_0."
      case .dpmSolver2S, .dpmSolver3S:
        """
        DPM-Solver++ singlestep: exact for the linear part. Every block of calls begins again at its \
        first \(math: "z_t"); D mends its first x̂_0 by the newest.
        """
      default:
        "UniPC: the same integral as DPM-Solver++, predicted, then corrected with the new x̂_0."
      }
    let moves: (TextToImageExperiment.Frame) -> Transition = { self.blockMove($0.step.denoising) }
    return LiveFormula(
      """
      z′ = \(term: ratio, value: over { moves($0).to.noiseScale / moves($0).from.noiseScale }) z_t
      + \(term: weight, value: over { Self.pictureWeight(moves($0)) }) D
      """, reading: words)
  }

  /// A step's move, from where the block of a singlestep solver began.
  private func blockMove(_ step: DenoisingStep) -> Transition {
    guard let sampler = generation.sampler as? DPMSolverSinglestepSampler else {
      return step.transition
    }
    return sampler.blockMove(step.index, walkFrom: generation.firstIndex)
  }

  private var stochastic: LiveFormula {
    let ratio = Quantity("e^{−h} √{1 − ᾱ′} / √{1 − ᾱ}", "how much of z_t stays", .noise)
    let weight = Quantity("√{ᾱ′} (1 − e^{−2 h})", "weight of the picture", .prediction)
    let std = Quantity("σ", "fresh noise", .noise)
    return LiveFormula(
      """
      z′ = \(term: ratio, value: value { Self.rest($0) * $0.to.noiseScale / $0.from.noiseScale }) z_t
      + \(term: weight, value: value { $0.to.signalScale * (1 - Self.rest($0) * Self.rest($0)) }) D
      + \(term: std, value: over { $0.step.denoising.std }) n
      """,
      reading: """
        DPM-Solver++ for the stochastic equation: twice as far along D, which extrapolates the last two \
        x̂_0, and fresh noise n for what is taken away too much.
        """)
  }

  /// e^{−h} = σ′/σ.
  private static func rest(_ move: Transition) -> Double { move.to.sigma / move.from.sigma }

  private var lcm: LiveFormula {
    let signal = Quantity("√{ᾱ′}", "how much picture the next step holds", .prediction)
    let noise = Quantity("√{1 − ᾱ′}", "fresh noise", .noise)
    return LiveFormula(
      """
      z′ = \(term: signal, value: value { $0.to.signalScale }) f
      + \(term: noise, value: over { $0.step.denoising.std }) n
      """,
      reading: """
        LCM: jump to the picture f, which is x̂_0 but for a trace of \(math: "z_t"), and put fresh noise n on \
        it. Models that were not distilled for it believe in a blurred picture.
        """)
  }

  private var tcd: LiveFormula {
    let signal = Quantity("√{ᾱ′ / ᾱ_s}", "how much of z_s stays", .prediction)
    let noise = Quantity("√{1 − ᾱ′ / ᾱ_s}", "fresh noise", .noise)
    return LiveFormula(
      """
      z′ = \(term: signal, value: over { Self.kept($0.step.denoising.std) }) z_s
      + \(term: noise, value: over { $0.step.denoising.std }) n , z_s = √ᾱ_s x̂_0 + √{1 − ᾱ_s} ε̂
      """,
      reading: """
        TCD: down to the timestep \(math: "s = (1 − γ) t′"), below the next one, and up to that by fresh \
        noise n; with γ = 0 it is DDIM.
        """)
  }

  /// What is left of a part when noise of that deviation joins it.
  private static func kept(_ std: Double) -> Double { (1 - std * std).squareRoot() }

  /// √ᾱ′·(1 − e^{−h}) without λ′, which is infinite at the clean end.
  private static func pictureWeight(_ move: Transition) -> Double {
    let ratio = move.to.noiseScale / move.from.noiseScale
    return move.to.signalScale - ratio * move.from.signalScale
  }
}

extension DenoisingStep {
  /// √(1 − ᾱ′ − σ²): what fresh noise of deviation σ leaves of a level's noise to that which was there.
  package var keptNoise: Double {
    let noise = transition.to.noiseScale
    return max(noise * noise - std * std, 0).squareRoot()
  }
}
