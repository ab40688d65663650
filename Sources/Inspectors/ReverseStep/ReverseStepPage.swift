import Commands
import Diffusion
import Foundation
import Imaging
import LatentDiffusion
import Pages
import Tensors

/// The page of `reverse-step`: the ledger of one step, live over all the steps that were kept.
struct ReverseStepPage {
  /// What the run was asked for, in words for the page.
  struct Setting {
    /// How x_t came about: one step from the noised picture, or a walk from pure noise.
    let isTrajectory: Bool
    let predictor: PredictorKind
    let variance: FixedVariance
    let clips: Bool
    /// The timestep at which the page opens; nil for the first step of a walk.
    let start: Int?
    /// What takes the place of the model's own first stage; nil for that, and without a model.
    let firstStage: OtherFirstStage?
  }

  let setting: Setting
  let schedule: NoiseSchedule
  let experiment: ReverseExperiment
  /// What the predictor believes at each kept step, where it can say.
  let beliefs: Beliefs?
  let drawing: StepPictures

  private let t: Axis
  private var frames: [ReverseExperiment.Frame] { experiment.frames }
  private var everyT: [Double] { (0..<schedule.count).map(Double.init) }

  init(
    setting: Setting, schedule: NoiseSchedule, experiment: ReverseExperiment, beliefs: Beliefs?,
    drawing: StepPictures
  ) {
    (self.setting, self.schedule, self.experiment) = (setting, schedule, experiment)
    (self.beliefs, self.drawing) = (beliefs, drawing)
    let timesteps = experiment.frames.map(\.ledger.t)
    t = Axis(
      "timestep t", steps: timesteps, start: setting.start.flatMap(timesteps.firstIndex) ?? 0)
  }

  private let current = Quantity("x_t", "what the step starts from")
  private let predictedNoise = Quantity("ε̂", "the noise that the predictor sees", .prediction)
  private let predictedOriginal = Quantity("x̂_0", "the picture that this noise implies", .signal)
  private let mean = Quantity("μ̃", "the mean of the step", .condition)
  private let drawn = Quantity("z", "fresh noise, drawn for this step", .noise)
  private let next = Quantity("x_{t−1}", "what the step ends with")
  private let originalCoefficient = Quantity("c_0", "weight of x̂₀ in the mean", .signal)
  private let currentCoefficient = Quantity("c_t", "weight of xₜ in the mean", .neutral)
  private let sigma = Quantity("σ_t", "how much fresh noise is added", .noise)

  func page() -> Page {
    Page(
      "The DDPM reverse step", number: 2,
      question: "What exactly happens in one step back from noise to picture?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      meanSection
      varianceSection
      if let beliefs { beliefs.section(t) }
    }
  }

  /// What the terminal shows: at most a dozen steps.
  var summary: Summary {
    let ledgers = experiment.ledgers
    let every = (ledgers.count + 11) / 12
    let shown = ledgers.enumerated().filter {
      $0.offset % every == 0 || $0.offset == ledgers.count - 1
    }
    return Summary(
      columns: ["t", "weight of x̂0", "weight of x_t", "sigma", "x̂0 min", "x̂0 max", "PSNR of x̂0"],
      rows: shown.map { _, row in
        let numbers = [
          row.originalCoefficient, row.currentCoefficient, row.sigma, Double(row.originalMin),
          Double(row.originalMax), row.originalPSNR,
        ]
        return ["\(row.t)"] + numbers.map(NumberFormat.automatic.text)
      })
  }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      Text(introduction)
      Row(widths: [2, 1]) {
        Pictures(pictures, columns: 3)
        numbers
      }
      Timeline(t)
      LiveFormula(
        """
        x_{t−1} = \(term: originalCoefficient, value: over(\.originalCoefficient)) x̂_0
        + \(term: currentCoefficient, value: over(\.currentCoefficient)) x_t
        + \(term: sigma, value: over(\.sigma)) z
        """,
        reading: """
          Go a little towards the picture that the predictor sees, stay mostly where you are, and add \
          fresh noise, except at the last step. DDPM, algorithm 2 with equation 7.
          """)
    }
  }

  private var introduction: Prose {
    let count = experiment.ledgers.count
    let start: Prose =
      setting.isTrajectory
      ? "The walk starts from pure noise and takes \(count) step\(Prose(count == 1 ? "" : "s"))."
      : "The picture is noised to timestep t, then one step is taken back; move t to compare."
    let stage = setting.firstStage.map { " Pictures are \($0.words)." } ?? ""
    return "\(start) \(setting.predictor.explanation)\(Prose(stage))"
  }

  private var pictures: [Figure] {
    [
      Figure(of: current, film { $0.step.current }),
      Figure(
        of: predictedNoise, noiseFilm { $0.step.predictedNoise },
        note: notes { "squared error \(NumberFormat.automatic.text($0.epsilonMSE))" }),
      Figure(
        of: predictedOriginal, film { $0.step.predictedOriginal },
        note: notes { "PSNR \(NumberFormat.decimals(1).text($0.originalPSNR)) dB" }),
      Figure(of: mean, film { $0.step.mean }),
      Figure(
        of: drawn,
        noiseFilm { $0.step.noise ?? .zeros($0.step.mean.shape) },
        note: notes { $0.sigma == 0 ? "none: the last step adds no noise" : "times σₜ" }),
      Figure(of: next, film { $0.step.next }),
    ]
  }

  private func film(_ tensor: (ReverseExperiment.Frame) -> Tensor) -> Varying<Picture> {
    .over(t, frames.map { Picture(png: PNG.data(of: drawing.picture(of: tensor($0)))) })
  }

  private func noiseFilm(_ tensor: (ReverseExperiment.Frame) -> Tensor) -> Varying<Picture> {
    .over(t, frames.map { Picture(png: PNG.data(of: drawing.noise(tensor($0)))) })
  }

  private func notes(_ text: (Ledger) -> String) -> Varying<String> {
    .over(t, frames.map { text($0.ledger) })
  }

  private func over(_ value: (Ledger) -> Double) -> Varying<Double> {
    .over(t, frames.map { value($0.ledger) })
  }

  private var numbers: Numbers {
    Numbers(
      "The ledger of this step",
      [
        Number(
          of: Quantity("t − 1", "where the step goes"), over { Double($0.previousT) }, .integer),
        Number(of: Quantity("β_t", "noise of this step alone", .noise), over(\.beta)),
        Number(of: Quantity("ᾱ_t", "signal before", .signal), over(\.alphaCumprod)),
        Number(of: Quantity("ᾱ_{t−1}", "signal after", .signal), over(\.previousAlphaCumprod)),
        Number(of: originalCoefficient, over(\.originalCoefficient)),
        Number(of: currentCoefficient, over(\.currentCoefficient)),
        Number(of: Quantity("β̃_t", "posterior variance", .noise), over(\.posteriorVariance)),
        Number(of: sigma, over(\.sigma)),
        Number(
          of: Quantity("min x̂_0", "before clipping", .signal), over { Double($0.originalMin) }),
        Number(
          of: Quantity("max x̂_0", "before clipping", .signal), over { Double($0.originalMax) }),
        Number(
          of: Quantity("clipped", "share of x̂₀ that was clipped", .error),
          over(\.clippedFraction), .percent(2)),
      ])
  }

  // MARK: The mean, twice

  private var meanSection: Section {
    let residual = Quantity("max |Δμ|", "between the two forms of the mean", .error)
    let likeness = Quantity("PSNR", "of x̂₀ against the picture", .signal)
    let steps = experiment.ledgers.sorted { $0.t < $1.t }
    let compared = steps.filter { $0.meanResidual != nil }
    return Section("The mean, written twice") {
      LiveFormula(
        """
        \(fraction: "1", "√{α_t}") ( x_t − \(fraction: "β_t", "√{1 − ᾱ_t}") ε̂ ) = c_0 x̂_0 + c_t x_t
        """,
        reading: """
          Left as papers print the sampler, right as the posterior of the predicted picture. They are \
          the same, until x̂₀ is clipped to the range of pixels: then only the right side knows.
          """)
      Row {
        Chart(
          "The weights of the mean", x: .linear("timestep t"), y: .log("weight"),
          curves: [
            Curve(
              of: originalCoefficient, x: everyT,
              y: posteriors.map(\.originalCoefficient)),
            Curve(of: currentCoefficient, x: everyT, y: posteriors.map(\.currentCoefficient)),
          ], cursor: t)
        if steps.count > 1 {
          Chart(
            "How good the predicted picture is", x: .linear("timestep t"), y: .linear("PSNR in dB"),
            curves: [
              Curve(of: likeness, x: steps.map { Double($0.t) }, y: steps.map(\.originalPSNR))
            ],
            cursor: t)
          Chart(
            "Distance of the two forms", x: .linear("timestep t"), y: .log("largest difference"),
            curves: [
              Curve(
                of: residual, x: compared.map { Double($0.t) },
                y: compared.compactMap(\.meanResidual))
            ],
            cursor: t)
        }
      }
    }
  }

  private var posteriors: [Posterior] { (0..<schedule.count).map(schedule.posterior) }

  // MARK: The variance

  private var varianceSection: Section {
    let large = Quantity("β_t", "large: right if the data were pure noise", .noise)
    let small = Quantity("β̃_t", "small: right if the data were one picture", .signal)
    let ratio = Quantity("β̃_t / β_t", "how far apart they are", .prediction)
    let truth = Quantity("var(x_{t−1} | x_t)", "the truth for this data", .prediction)
    let order = frames.indices.sorted { frames[$0].ledger.t < frames[$1].ledger.t }
    return Section("Why σ² may be β or β̃") {
      Text(
        """
        Both are ends of the truth. If the data were standard normal noise, undoing a step would have \
        variance \(math: "β_t"); if it were this one picture, \(math: "β̃_t"). Real data lies between, \
        and the two differ only in the last few steps, where hardly any noise is left. This run uses \
        \(setting.variance == .small ? "the small one" : "the large one").
        """)
      Row {
        Chart(
          "The two fixed variances", x: .log("timestep t + 1"), y: .log("variance"),
          curves: [
            Curve(of: large, x: everyT.map { $0 + 1 }, y: posteriors.map(\.beta)),
            Curve(of: small, x: everyT.map { $0 + 1 }, y: posteriors.map(\.variance)),
          ]
            + (beliefs.map { beliefs in
              [
                Curve(
                  of: truth, x: order.map { Double(frames[$0].ledger.t) + 1 },
                  y: order.map { beliefs.trueVariances[$0] }, style: .points)
              ]
            } ?? []))
        Chart(
          "Their ratio", x: .log("timestep t + 1"), y: .linear("ratio", in: 0...1.05),
          curves: [
            Curve(
              of: ratio, x: everyT.map { $0 + 1 }, y: posteriors.map { $0.variance / $0.beta })
          ])
      }
    }
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    var list: [Residual] = []
    if let largest = experiment.ledgers.compactMap(\.unclippedMeanResidual).max() {
      let exempt =
        experiment.ledgers.contains { $0.meanResidual == nil }
        ? " (but for the one from pure noise, where the ε-form divides by 0)" : ""
      list.append(
        Residual(
          """
          ε-form mean = posterior mean, before clipping: largest difference over all steps\(exempt), \
          relative to the mean
          """, measured: largest, bound: 1e-6))
    }
    list += [
      Residual(
        "\(math: "c_0 + c_t √ᾱ_t = √ᾱ_{t−1}"), so that the mean lands on the picture: over all t",
        measured: posteriors.map(Self.meanIdentity).max() ?? 0, bound: 1e-12),
      Residual(
        "\(math: "c_t^2 (1 − ᾱ_t) + β̃_t = 1 − ᾱ_{t−1}"), so that the noise level is right: over all t",
        measured: posteriors.map(Self.varianceIdentity).max() ?? 0, bound: 1e-12),
    ]
    if let last = experiment.ledgers.first(where: { $0.previousT < 0 }) {
      list.append(
        Residual("The last step adds no noise: \(math: "σ_t")", measured: last.sigma, bound: 0))
    }
    if let beliefs, setting.isTrajectory {
      list += beliefs.residuals(for: experiment.result, steps: experiment.ledgers.count)
    }
    return list
  }

  private static func meanIdentity(_ p: Posterior) -> Double {
    let (from, to) = (p.transition.from, p.transition.to)
    return abs(
      p.originalCoefficient + p.currentCoefficient * from.signalScale - to.signalScale)
  }

  private static func varianceIdentity(_ p: Posterior) -> Double {
    let (from, to) = (p.transition.from, p.transition.to)
    let carried = p.currentCoefficient * p.currentCoefficient * (1 - from.alphaCumprod)
    return abs(carried + p.variance - (1 - to.alphaCumprod))
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "reverse-step", ["--trajectory", "--predictor", "image-set"],
        because: "walk all the way from noise: the chain ends at one of the pictures"),
      Suggestion(
        "reverse-step", ["--t", "0"], because: "see the last step, which adds no noise"),
      Suggestion(
        "reverse-step", ["--trajectory", "--predictor", "mixture"],
        because: "a predictor that allows for grain: watch the true variance rise between the two"),
      Suggestion(
        "reverse-step", ["--trajectory", "--variance", "large", "--clip"],
        because: "the other variance, with the predicted picture held to the range of pixels"),
    ]
  }
}
