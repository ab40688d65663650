import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors

// The sections of the page below its instrument.

extension VariationalBoundPage {
  // MARK: Rate and distortion

  var rateSection: Section {
    Section("What the bits buy") {
      Text(bendText)
      Row {
        rateChart("Distortion against rate", .linear(Self.spent), from: 0)
        rateChart(
          "The same, the first bits spread out", .log(Self.spent),
          from: max(profile.prior, 1e-9))
      }
      PictureGrid(strip: t, frames.map { picture($0.predictedOriginal) })
    }
  }

  private static let spent: Prose = "bits per dimension spent"

  private func rateChart(_ title: Prose, _ x: Scale, from first: Double) -> Chart {
    let bend = profile.steps[profile.bend].rate
    let semantic = Marker.region(x: first...max(bend, first), "semantic", .condition)
    let perceptual = Marker.region(x: bend...max(profile.total, bend), "perceptual", .noise)
    // A stage without room for its name stays the ground between two others.
    let hasRoom = first > 0 || bend > 0.15 * profile.total
    return Chart(
      title, x: x, y: .linear("RMSE of x̂_0, of 255"), curves: study.found.map(rateCurve),
      markers: (hasRoom ? [semantic] : []) + [perceptual, .x(over(\.rate), "", .prediction)])
  }

  private func rateCurve(_ found: BoundStudy.Found) -> Curve {
    let steps = found.profile.steps.reversed()
    let isFirst = found.name == study.found[0].name
    return Curve(
      of: study.found.count == 1 ? distortion : named(found, distortion),
      x: steps.map(\.rate) + [found.profile.total], y: steps.map(\.distortion) + [0],
      style: isFirst ? .line : .dashed)
  }

  private var bendText: Prose {
    let bend = profile.steps[profile.bend]
    let first = profile.steps.last?.distortion ?? 0
    return """
      Send the chain from noise to picture, each step in as many bits as its term has, and look at \
      \(math: "x̂_0") on the way. The curve bends at t = \(bend.t): the first \
      \(bend.rate, .decimals(3)) bits per dimension, \
      \(NumberFormat.percent(bend.rate < 0.01 * profile.total ? 2 : 0).text(bend.rate / profile.total)) of all, bring the error from \
      \(first, .decimals(0)) down to \(bend.distortion, .decimals(1)) of 255. There one sees what is in \
      the picture: that is the semantic stage. All other bits are spent on what the eye hardly sees, \
      the perceptual stage. Latent diffusion leaves that stage to an autoencoder, and diffuses only \
      where bits mean something. DDPM, figure 5; LDM, figure 2.
      """
  }

  // MARK: The derivation

  var derivationSection: Section {
    let derivation = BoundDerivation(profile)
    return Section("From −log p(x₀) to three terms") {
      Text(
        """
        Appendix A of DDPM, line by line. Every factor is a Gaussian, so that each part has its number \
        for this data and this predictor, in bits per dimension; what differs is only how they are \
        grouped. Jensen's inequality stands before the first line: \
        \(math: "− log p_θ(x_0) ≤ E_q [ − log ( p_θ(x_{0:T}) / q(x_{1:T} | x_0) ) ]").
        """)
      for line in derivation.lines { Self.formula(line) }
    }
  }

  private static func formula(_ line: BoundDerivation.Line) -> LiveFormula {
    let terms = line.parts.map { Math.term(quantity($0.part), value: .fixed($0.bits)) }
    let sum = terms.dropFirst().reduce(terms[0]) { "\($0) + \($1)" }
    return LiveFormula(
      "L = E_q [ \(sum) ]",
      reading: "(\(line.equation)) \(reading(line.equation)) Sum: \(line.total, .decimals(5)).")
  }

  private static func quantity(_ part: BoundDerivation.Part) -> Quantity {
    let sum = Math.under("Σ", "t > 1")
    switch part {
    case .prior: return Quantity("− log p(x_T)", "naming the end as pure noise", .noise)
    case .reverse:
      return Quantity("− \(sum) log p_θ(x_{t−1} | x_t)", "the model's steps back", .prediction)
    case .decoder:
      return Quantity("− log p_θ(x_0 | x_1)", "the model's last step, L₀", .signal)
    case .forward:
      return Quantity("log q(x_{1:T} | x_0)", "the noise that was added", .noise)
    case .laterForward:
      return Quantity("\(sum) log q(x_t | x_{t−1})", "the noise of all later steps", .noise)
    case .firstForward: return Quantity("log q(x_1 | x_0)", "the noise of the first step")
    case .posterior:
      return Quantity(
        "\(sum) log q(x_{t−1} | x_t, x_0)", "the true steps back, knowing x₀", .condition)
    case .marginals:
      return Quantity(
        "\(sum) log \(fraction: "q(x_t | x_0)", "q(x_{t−1} | x_0)")",
        "a sum of differences: all but its ends go", .noise)
    case .lastMarginal: return Quantity("log q(x_T | x_0)", "the end, knowing x₀")
    case .priorDivergence:
      return Quantity("KL(q(x_T | x_0) ‖ p(x_T))", "L_T: nothing in it is learned", .noise)
    case .stepDivergences:
      return Quantity(
        "\(sum) KL(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t))",
        "the true step against the model's", .prediction)
    }
  }

  private static func reading(_ equation: Int) -> Prose {
    switch equation {
    case 17: "The whole reverse chain against the whole forward chain (also equation 3)."
    case 18: "Both are products over the steps, their logarithms sums; the first step stands apart."
    case 19: "The same parts in another order: each step back beside the noise that it undoes."
    case 20:
      """
      Bayes' rule turns each forward step around, given \(math: "x_0"): \(math: "q(x_t | x_{t−1})") is \
      \(math: "q(x_{t−1} | x_t, x_0)") times \(math: "q(x_t | x_0)"), over \
      \(math: "q(x_{t−1} | x_0)").
      """
    case 21:
      "The sum of differences leaves its two ends; the lower one meets the first step and goes."
    default: "Logarithms of quotients under q are KL divergences: equation 5."
    }
  }

  // MARK: Weights

  var weightSection: Section {
    let truth = Quantity("w_t / Σ w", "the true bound's weight of each t", .condition)
    let simple = Quantity("1 / T", "the weight in the simple loss", .noise)
    let weights = profile.steps.map(\.weight)
    let sum = weights.reduce(0, +)
    let count = Double(weights.count)
    let small = weights.prefix { $0 / sum > 1 / count }.count
    return Section("The weights that the simple loss drops") {
      Text(
        """
        The bound weighs an error of the noise with \
        \(math: "w_t = \(fraction: "β_t^2", "2 σ_t^2 α_t (1 − ᾱ_t)")"), which is huge where little \
        noise is left: the \(small) smallest timesteps have \
        \(NumberFormat.percent(0).text(weights.prefix(small).reduce(0, +) / sum)) of it. \
        \(math: "L_{simple}") puts 1 in its place (DDPM, equation 14), and so spends its effort on large t, where it is \
        decided what the picture shows.
        """)
      Row {
        Chart(
          "The share of the loss that each timestep has", x: .log("timestep t + 1"),
          y: .log("share"),
          curves: [
            Curve(of: truth, x: everyT, y: weights.map { $0 / sum }),
            Curve(of: simple, x: everyT, y: everyT.map { _ in 1 / count }, style: .dashed),
          ], cursor: t)
        Chart(
          "What each timestep costs", x: .log("timestep t + 1"), y: .log("bits per dimension"),
          curves: study.found.map { found in curve(of: found, term) { $0.bits } }, cursor: t)
      }
    }
  }

  // MARK: Two models

  var comparisonSection: Section {
    Section("What dropping them does") {
      Text(
        """
        Both models are the same network, trained equally long on the same scenes: \
        \(em: "simple") with every weight 1, \(em: "bound") with the weights of the bound.
        """)
      Table("The bound of what this page shows", study.found, BoundFiles.boundColumns(study))
      if let report = study.report {
        Table("Held-out scenes, and as many samples", report.rows, BoundReport.columns)
        Text(reportText(report))
        PictureGrid(
          report.samples.map { model, sheet in
            Figure(
              "\(em: model): samples", .fixed(Picture(png: PNG.data(of: sheet), kind: .grid)))
          }, width: 280)
      }
    }
  }

  private func reportText(_ report: BoundReport) -> Prose {
    guard let fewest = report.rows.min(by: { $0.bitsPerDimension < $1.bitsPerDimension }),
      let nearest = report.rows.min(by: { $0.frechetDistance < $1.frechetDistance })
    else { return "" }
    guard fewest.model != nearest.model else {
      return
        "\(em: fewest.model) needs the fewest bits and draws the samples nearest to drawn scenes."
    }
    return """
      \(em: fewest.model) needs the fewest bits; the samples of \(em: nearest.model) are nearer to drawn \
      scenes. A good code and a good picture are not the same: most bits go where nobody looks.
      """
  }

  // MARK: Against the truth

  var entropySection: Section {
    let entropy = study.entropy
    let gap = study.gap
    return Section("Against the true entropy") {
      Text(
        study.predictor == .mixture
          ? """
          The data is continuous, and so is the last step: a Gaussian's density times the width of an \
          8-bit bin, 2/255. Its entropy is the mean of \(math: "− log q(x_0)") over 512 draws on the same \
          scale. The bound is compared with \(math: "− log q(x_0)") of the very pictures that it was \
          measured for, so that their chance cancels.
          """
          : """
          Which of the pictures it is takes \(math: "log_2 K") bits for all pixels together. The last \
          step names the values without doubt, so that the sum of the steps is all there is.
          """)
      Numbers(
        "In bits per dimension",
        [
          Number(of: total, .fixed(profile.total)),
          Number(
            of: Quantity("H", "the true entropy", .signal), .fixed(entropy?.bits ?? .nan)),
          Number(
            of: Quantity("± H", "standard error of H", .noise),
            .fixed(entropy?.standardError ?? .nan)),
          Number(
            of: Quantity("L − H", "what the bound is above", .error), .fixed(gap?.bits ?? .nan)),
          Number(
            of: Quantity("± (L − H)", "standard error of it", .noise),
            .fixed(gap?.standardError ?? .nan)),
          Number(
            of: Quantity("L · D", "bits for the whole picture", .prediction),
            .fixed(profile.total * Double(study.dimension))),
          Number(
            of: Quantity("H · D", "bits that it needs", .signal),
            .fixed((entropy?.bits ?? .nan) * Double(study.dimension))),
        ])
    }
  }

  // MARK: L_T

  var priorSection: Section {
    Section("Why L_T is a constant") {
      Text(
        """
        \(math: "L_T") holds \(math: "q(x_T | x_0)") against pure noise. The forward process is fixed \
        and pure noise has no parameters: nothing in it can be learned, and training leaves it out. It \
        is the price of a schedule that keeps a trace of the picture to its end.
        """)
      Table(
        "L_T of these pictures under each schedule",
        columns: ["schedule", "ᾱ at the last step", "L_T in bits per dimension"],
        rows: NamedSchedule.allCases.map { name in
          let schedule = name.schedule(count: bound.schedule.count)
          return [
            .prose(Prose(name.rawValue)), .number(schedule.alphasCumprod.last ?? 0),
            .number(LikelihoodBound(schedule).priorTerm(meanSquare: profile.meanSquare)),
          ]
        })
    }
  }

  // MARK: Is it true?

  var residuals: [Residual] {
    let derivation = BoundDerivation(profile)
    var list = [
      Residual(
        "Equations 17 to 22 have the same sum: largest difference in bits per dimension",
        measured: derivation.residual, bound: 1e-8),
      Residual(
        "The term by the error of \(math: "x̂_0") = the term by the error of \(math: "ε̂"): largest difference in bits per dimension",
        measured: formDifference, bound: 1e-4),
      Residual(
        "The rate when all is sent = L: difference in bits per dimension",
        measured: abs(profile.steps[0].rate + profile.decoder - profile.total), bound: 1e-9),
    ]
    if let gap = study.gap, let entropy = study.entropy {
      list.append(
        Residual(
          "The bound is not below the entropy: how far it is below, beyond three standard errors",
          measured: max(-gap.bits - 3 * (gap.standardError.isNaN ? 0 : gap.standardError), 0),
          // Where few timesteps stand for the others, the sum is as rough as they are few.
          bound: 0,
          kind: profile.measured.count == profile.steps.count ? .identity : .finding))
      list.append(
        Residual(
          "and near it: \(math: "(L − H) / H")", measured: gap.bits / entropy.bits,
          bound: study.predictor == .mixture ? 0.02 : 0.25, kind: .finding))
    }
    return list
  }

  private var formDifference: Double {
    profile.measured.filter { $0 > 0 }.map { t in
      let step = profile.steps[t]
      return abs(step.bits - bound.floor(at: t) - step.weight * step.noiseError)
    }.max() ?? 0
  }

  var suggestions: [Suggestion] {
    [
      Suggestion(
        "variational-bound", ["--predictor", "mixture"],
        because: "a predictor that nothing can beat, against the true entropy"),
      Suggestion(
        "variational-bound", ["--predictor", "image-set"],
        because: "one of eight pictures is three bits: watch where they are spent"),
      Suggestion(
        "variational-bound", ["--variance", "large"],
        because: "the other variance: which steps pay for it?"),
      Suggestion(
        "variational-bound", ["--timesteps", "1000"], because: "measure every timestep"),
    ]
  }
}

extension BoundStudy {
  /// D, the numbers of one picture.
  var dimension: Int { originals.count / originals.shape[0] }
}
