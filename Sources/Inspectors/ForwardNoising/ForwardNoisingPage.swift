import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors

/// Everything that one run of `forward-noising` found, and the page that shows it.
struct ForwardNoisingPage {
  let scheduleName: String
  let noising: NoisingExperiment
  let merge: MergeExperiment
  let spectrum: SpectrumExperiment
  /// Every named schedule, for comparison.
  let schedules: [(name: String, schedule: NoiseSchedule)]
  /// The timesteps that have pictures, 0-based, rising.
  let timesteps: [Int]

  private let t: Axis
  private let levels: [NoiseLevel]
  private var process: ForwardProcess { noising.process }
  private var schedule: NoiseSchedule { noising.process.schedule }
  private var everyT: [Double] { (0..<schedule.count).map(Double.init) }

  init(
    scheduleName: String, noising: NoisingExperiment, merge: MergeExperiment,
    spectrum: SpectrumExperiment, schedules: [(name: String, schedule: NoiseSchedule)],
    timesteps: [Int]
  ) {
    (self.scheduleName, self.noising, self.merge) = (scheduleName, noising, merge)
    (self.spectrum, self.schedules, self.timesteps) = (spectrum, schedules, timesteps)
    // The page opens where half of the picture is gone: the ends explain nothing.
    let schedule = noising.process.schedule
    let start = timesteps.firstIndex { schedule.alphasCumprod[$0] < 0.5 } ?? 0
    t = Axis("timestep t", steps: timesteps, start: start)
    levels = timesteps.map { schedule.level(at: $0) }
  }

  private let beta = Quantity("β_t", "variance of the noise of this step", .noise)
  private let alphaBar = Quantity("ᾱ_t", "share of the variance that is signal", .signal)
  private let signalScale = Quantity("√ᾱ_t", "scale of the picture", .signal)
  private let noiseScale = Quantity("√{1 − ᾱ_t}", "scale of the noise", .noise)
  private let noisy = Quantity("x_t", "in one jump: the closed form")
  private let chain = Quantity("x_t^{chain}", "step by step: the chain, with noises of its own")
  private let psnrOfSample = Quantity("PSNR", "likeness to the picture", .signal)
  private let error = Quantity("max |Δ|", "chain against closed form", .error)

  func page() -> Page {
    Page(
      "Forward noising", number: 1,
      question: "How does a picture become noise, and why may all steps be taken at once?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      chainSection
      mergeSection
      spectrumSection
      scheduleSection
    }
  }

  /// What the terminal shows: every picture's timestep, at most a dozen.
  var summary: Summary {
    let every = (timesteps.count + 11) / 12
    let shown = timesteps.enumerated().filter {
      $0.offset % every == 0 || $0.element == timesteps.last
    }
    return Summary(
      columns: ["t", "signal", "noise", "SNR", "PSNR dB", "cut-off", "chain error"],
      rows: shown.map { _, t in
        let (level, row) = (schedule.level(at: t), noising.rows[t])
        return [
          "\(t)", Self.short(level.signalScale), Self.short(level.noiseScale),
          Self.short(level.snr),
          NumberFormat.decimals(2).text(row.psnr), Self.short(spectrum.cutoff(at: level)),
          Self.short(row.iteratedMaxAbsError),
        ]
      })
  }

  private static func short(_ value: Double) -> String { NumberFormat.automatic.text(value) }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      if noising.preview.isSmaller { Text("\(Prose(sizes))") }
      Row(widths: [3, 1.25]) {
        Pictures([
          Figure(of: noisy, .over(t, levels.map { picture(noising.preview.closedForm(at: $0)) })),
          Figure(
            of: chain, .over(t, timesteps.compactMap { noising.chainPictures[$0].map(picture) })),
        ])
        numbers
      }
      Timeline(t)
      LiveFormula(
        """
        x_t = \(term: signalScale, value: .over(t, levels.map(\.signalScale))) x_0
        + \(term: noiseScale, value: .over(t, levels.map(\.noiseScale))) ε
        """,
        reading: """
          The picture fades, the noise grows, and the two squares add to 1: nothing but the mix \
          changes. DDPM, equation 4.
          """)
      Row {
        Chart(
          "What is left and what has come", x: .linear("timestep t"), y: .linear("scale"),
          curves: [
            curve(signalScale) { $0.signalScale }, curve(noiseScale) { $0.noiseScale },
          ], cursor: t)
        Chart(
          "Likeness to the picture", x: .linear("timestep t"), y: .linear("PSNR in dB"),
          curves: [Curve(of: psnrOfSample, x: everyT, y: noising.rows.map(\.psnr))], cursor: t)
      }
    }
  }

  /// What of a large picture is shown, and what is measured on all of it.
  private var sizes: String {
    func size(_ shape: [Int]) -> String { "\(shape[3]) × \(shape[2])" }
    let whole = size(noising.original.shape)
    let preview = "\(noising.preview.width) × \(noising.preview.height)"
    let walked = noising.walked.shape
    return """
      The picture has \(whole) pixels; this page shows \(preview) of them, with noise as strong as \
      it is: averaging a noisy picture down would average its noise away. The numbers, the spectrum \
      and the files in images/ are of the whole picture\
      \(walked == noising.original.shape
        ? "." : "; the chain walks a copy of \(size(walked)), and so do the figures that compare with it.")
      """
  }

  private var numbers: Numbers {
    let rows = timesteps.map { noising.rows[$0] }
    return Numbers(
      "At this step",
      [
        Number(of: beta, .over(t, timesteps.map { schedule.betas[$0] })),
        Number(of: alphaBar, .over(t, levels.map(\.alphaCumprod))),
        Number(
          of: Quantity("SNR", "signal to noise, ᾱ_t / (1 − ᾱ_t)", .signal),
          .over(t, levels.map(\.snr))),
        Number(
          of: Quantity("log SNR", "its natural logarithm", .signal), .over(t, levels.map(\.logSNR))),
        Number(of: psnrOfSample, .over(t, rows.map(\.psnr)), .decimals(2), unit: "dB"),
        Number(of: Quantity("mean x_t", "over all pixels"), .over(t, rows.map(\.mean))),
        Number(of: Quantity("std x_t", "over all pixels"), .over(t, rows.map(\.std))),
        Number(
          of: Quantity("f_c", "cut-off: finer structure is lost", .signal),
          .over(t, levels.map(spectrum.cutoff)), unit: "cycles/px"),
      ])
  }

  private func picture(_ tensor: Tensor) -> Picture { Picture(png: PNG.data(of: Image(tensor))) }

  private func curve(_ quantity: Quantity, _ value: (NoiseLevel) -> Double) -> Curve {
    Curve(of: quantity, x: everyT, y: (0..<schedule.count).map { value(schedule.level(at: $0)) })
  }

  // MARK: Chain and jump

  private var chainSection: Section {
    let mean = Quantity("mean", "of the chain's noise; 0 in theory", .noise)
    let variance = Quantity("var", "of the chain's noise; 1 in theory", .prediction)
    return Section("One jump is many steps") {
      Text(
        """
        The chain adds a little noise \(schedule.count) times. Composing its noises into one ε gives \
        the closed form the same \(math: "x_t"), pixel by pixel: the difference is rounding. With an ε of its \
        own the closed form gives another picture from the same distribution, the one on the left.
        """)
      Row {
        Chart(
          "Chain against closed form, with the composed noise", x: .linear("timestep t"),
          y: .log("largest difference of a pixel", in: 1e-8...2e-5),
          curves: [Curve(of: error, x: everyT, y: noising.rows.map(\.iteratedMaxAbsError))],
          markers: [.y(.fixed(1e-5), "bound", .error)], cursor: t)
        Chart(
          "The noise of the chain is standard normal", x: .linear("timestep t"),
          y: .linear("moment"),
          curves: [
            Curve(of: variance, x: everyT, y: noising.rows.map(\.chainNoiseVariance)),
            Curve(of: mean, x: everyT, y: noising.rows.map(\.chainNoiseMean)),
          ], cursor: t)
      }
    }
  }

  // MARK: Two Gaussians are one

  private var mergeSection: Section {
    let rows = timesteps.map { merge.rows[$0] }
    let earlier = Quantity("√{α_t (1 − ᾱ_{t−1})}", "the noise so far, shrunk by this step", .noise)
    let fresh = Quantity("√{β_t}", "the noise of this step", .condition)
    let merged = Quantity("√{1 − ᾱ_t}", "one noise for both: variances add", .signal)
    let wrong = Quantity("\"if stds added\"", "if standard deviations were added: wrong", .error)
    let measured = Quantity("measured", "\(merge.samples) actual sums")
    return Section("Two Gaussians become one") {
      Text(
        """
        The step of the derivation that readers trip over. Two independent noises add in variance, \
        not in standard deviation, because a sum of two Gaussians is one direction through a round \
        cloud of points, and a round cloud is as wide in every direction.
        """)
      LiveFormula(
        """
        \(term: earlier, value: .over(t, rows.map(\.merge.earlier))) z_1
        + \(term: fresh, value: .over(t, rows.map(\.merge.fresh))) z_2
        = \(term: merged, value: .over(t, rows.map(\.merge.merged))) z
        """)
      Row {
        Chart(
          "How the sums are spread at this step", x: .linear("value, in units of √(1 − ᾱ_t)"),
          y: .linear("density", in: 0...0.5),
          curves: [
            densities(measured, .bars, timesteps.map { merge.histograms[$0] ?? [] }),
            densities(merged, .line, rows.map { _ in MergeExperiment.normalDensity(std: 1) }),
            densities(
              wrong, .dashed,
              rows.map { MergeExperiment.normalDensity(std: $0.wrong / $0.merge.merged) }),
          ])
        Chart(
          "Standard deviations", x: .linear("timestep t"), y: .linear("standard deviation"),
          curves: [
            Curve(of: earlier, x: everyT, y: merge.rows.map(\.merge.earlier)),
            Curve(of: fresh, x: everyT, y: merge.rows.map(\.merge.fresh)),
            Curve(of: merged, x: everyT, y: merge.rows.map(\.measured)),
            Curve(of: wrong, x: everyT, y: merge.rows.map(\.wrong), style: .dashed),
          ], cursor: t)
      }
    }
  }

  private func densities(
    _ quantity: Quantity, _ style: Curve.Style, _ values: [[Double]]
  ) -> Curve {
    Curve(
      of: quantity, x: .over(t, values.map { _ in MergeExperiment.binCenters }),
      y: .over(t, values), style: style)
  }

  // MARK: Coarse and fine

  private var spectrumSection: Section {
    let signal = Quantity("ᾱ_t S(f)", "power of the picture", .signal)
    let floor = Quantity("1 − ᾱ_t", "noise floor", .noise)
    let cutoff = Quantity("f_c", "cut-off frequency", .signal)
    let frequencies = spectrum.frequencies
    return Section("Noise takes the fine structure first") {
      Text(
        """
        White noise is as strong at every frequency; pictures are weak at high ones. So noise drowns \
        texture first, then edges, then shapes, and a reverse process brings them back in the \
        opposite order.
        """)
      Row {
        Chart(
          "Power at each frequency, at this step", x: .log("frequency in cycles per pixel"),
          y: .log("power", in: spectrumRange),
          curves: [
            Curve(
              of: signal, x: .over(t, levels.map { _ in frequencies }),
              y: .over(t, levels.map(spectrum.signal))),
            Curve(
              of: floor, x: .over(t, levels.map { _ in frequencies }),
              y: .over(
                t, levels.map { level in frequencies.map { _ in spectrum.noiseFloor(at: level) } })),
          ], markers: [.x(.over(t, levels.map(spectrum.cutoff)), "cut-off", .signal)])
        Chart(
          "The cut-off moves down", x: .linear("timestep t"), y: .linear("cycles per pixel"),
          curves: [
            Curve(
              of: cutoff, x: everyT,
              y: (0..<schedule.count).map { spectrum.cutoff(at: schedule.level(at: $0)) })
          ], cursor: t)
      }
    }
  }

  /// Four decades below the noise at its strongest, up to the picture's own power.
  private var spectrumRange: ClosedRange<Double> {
    1e-4...max((spectrum.power.max() ?? 1) * 2, 10)
  }

  // MARK: Schedules

  private var scheduleSection: Section {
    let choice = Axis(
      "schedule", choices: schedules.map(\.name),
      start: schedules.firstIndex { $0.name == scheduleName } ?? 0)
    func chart(_ title: Prose, _ y: Scale, _ values: (NoiseSchedule) -> [Double]) -> Chart {
      Chart(
        title, x: .linear("timestep t"), y: y,
        curves: schedules.enumerated().map { position, entry in
          Curve(
            of: Quantity(Math("\"" + entry.name + "\""), entry.name), x: everyT,
            y: values(entry.schedule),
            choice: (choice, position))
        }, cursor: t)
    }
    return Section("The schedules") {
      Text(
        """
        A schedule decides how fast the picture goes. The cosine schedule keeps more of it in the \
        middle; only a schedule with zero terminal SNR ends in pure noise.
        """)
      Choice(choice)
      Row {
        chart("Signal that is left", .linear("ᾱ_t")) { $0.alphasCumprod }
        chart("Signal to noise", .linear("log SNR", in: -12...10)) { $0.logSNR }
        chart("Noise per step", .log("β_t")) { $0.betas }
      }
      Table(
        "How far the end is from pure noise",
        columns: ["schedule", "ᾱ at the last step", "L_T in bits per dimension"],
        rows: schedules.map { entry in
          [
            .prose(Prose(entry.name)), .number(entry.schedule.alphasCumprod.last ?? 0),
            .number(ForwardProcess(entry.schedule).priorDivergence(of: noising.original)),
          ]
        }, follows: choice)
    }
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    let pixels = Double(noising.walked.count)
    let worst = noising.rows.map { abs($0.chainNoiseVariance - 1) }.max() ?? 0
    return [
      Residual(
        "Closed form = chain, with the composed noise: largest difference of a pixel, over all t",
        measured: noising.largestIteratedError, bound: 1e-5),
      Residual(
        "The chain's noise has variance 1: largest deviation over all t (six standard errors)",
        measured: worst, bound: 6 * (2 / pixels).squareRoot()),
      Residual(
        "\(math: "α_t (1 − ᾱ_{t−1}) + β_t = 1 − ᾱ_t"): largest difference over all t",
        measured: merge.largestVarianceResidual, bound: 1e-12),
      Residual(
        "The measured spread of merged noise is \(math: "√{1 − ᾱ_t}"): relative (six standard errors)",
        measured: merge.largestRelativeError, bound: 6 / (2 * Double(merge.samples)).squareRoot()),
    ]
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "forward-noising", ["--schedule", "cosine"],
        because: "see the picture survive longer in the middle"),
      Suggestion(
        "forward-noising", ["--rescale-zero-snr"],
        because: "end in pure noise, with nothing of the picture left to leak"),
      Suggestion(
        "forward-noising", ["--image", "photo.png", "--tensors"],
        because: "your own picture, with every array for NumPy"),
      Suggestion(
        "reverse-step", ["--t", "500"],
        because: "go one step back, with every term of it written out"),
    ]
  }
}
