import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Tensors

/// The page of `variational-bound`: the terms, what they are made of, and what their bits buy.
struct VariationalBoundPage {
  let study: BoundStudy
  /// Moves along t + 1, so that charts over its logarithm have a cursor; labelled by t.
  let t: Axis
  let frames: [BoundExperiment.Frame]

  var profile: BoundProfile { study.found[0].profile }
  var bound: LikelihoodBound { study.bound }
  var everyT: [Double] { profile.steps.map { Double($0.t + 1) } }

  init(_ study: BoundStudy) {
    self.study = study
    let frames = study.found[0].experiment.frames
    self.frames = frames
    let bend = study.found[0].profile.bend
    let start = frames.indices.min { abs(frames[$0].t - bend) < abs(frames[$1].t - bend) }
    t = Axis(
      "timestep t", values: frames.map { Double($0.t + 1) }, labels: frames.map { "\($0.t)" },
      start: start ?? 0)
  }

  let term = Quantity("L_{t−1}", "bits of the step from xₜ to xₜ₋₁; at t = 0 L₀", .prediction)
  let noiseError = Quantity("‖ε − ε̂‖^2", "squared error of the noise, per dimension", .error)
  let weight = Quantity("w_t", "bits that an error of 1 in the noise costs", .condition)
  let rate = Quantity("R_t", "bits per dimension spent until xₜ is known", .prediction)
  let distortion = Quantity("D_t", "what x̂₀ then misses: RMSE on 0…255", .error)
  let prior = Quantity("L_T", "how far xₜ at the end is from pure noise", .noise)
  let chain = Quantity("Σ L_{t−1}", "all steps but the last", .prediction)
  let decoder = Quantity("L_0", "naming the picture's 8-bit values at the end", .signal)

  func page() -> Page {
    Page(
      "The variational bound", number: 3,
      question: "How many bits does a picture cost, and at which noise are they spent?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      rateSection
      derivationSection
      weightSection
      if study.report != nil || study.found.count > 1 { comparisonSection }
      if study.entropy != nil { entropySection }
      priorSection
    }
  }

  /// What the terminal shows.
  var summary: Summary {
    var rows = study.found.map { found in
      [found.name]
        + [
          found.profile.prior, found.profile.chain, found.profile.decoder, found.profile.total,
        ].map(NumberFormat.automatic.text)
    }
    if let entropy = study.entropy {
      rows.append(["true entropy", "", "", "", NumberFormat.automatic.text(entropy.bits)])
    }
    return Summary(
      columns: ["bits per dimension", "L_T", "sum of L_(t-1)", "L_0", "L"], rows: rows)
  }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      Text(introduction)
      LiveFormula(
        """
        L = \(term: prior, value: .fixed(profile.prior))
        + \(term: chain, value: .fixed(profile.chain))
        + \(term: decoder, value: .fixed(profile.decoder))
        = \(term: total, "L", value: .fixed(profile.total)) "bits per dimension"
        """,
        reading: """
          No less than \(math: "− log p_θ(x_0)"): next to nothing for the end, a sum of many small \
          steps, and the last one. DDPM, equation 5.
          """)
      Row(widths: [2, 1]) {
        Pictures(pictures, columns: 3)
        numbers
      }
      Timeline(t)
      LiveFormula(
        """
        \(term: term, value: over(\.bits)) = \(term: floorQuantity, value: floors)
        + \(term: weight, value: over(\.weight)) \(term: noiseError, value: over(\.noiseError))
        """,
        reading: """
          One step costs what its noise is predicted wrong, times a weight that only the schedule \
          knows. At t = 0 the term is L₀ instead. DDPM, equation 12.
          """)
      Row {
        Chart(
          "Where the bits are spent: each doubling of t + 1", x: .log2("timestep t + 1"),
          y: .linear("bits per dimension"), curves: octaveCurves)
        Chart(
          "How wrong the noise is", x: .log("timestep t + 1"), y: .log("squared error"),
          curves: study.found.map { found in
            curve(of: found, noiseError) { $0.noiseError }
          }, cursor: t)
      }
    }
  }

  var total: Quantity { Quantity("L", "the bound: all terms together") }
  private var floorQuantity: Quantity {
    Quantity("f_t", "what no prediction can save: σ² is not β̃", .neutral)
  }

  private var introduction: Prose {
    let pictures = study.originals.shape[0]
    let which: Prose =
      pictures == 1
      ? "One picture of \(study.originals.shape[3]) × \(study.originals.shape[2]) pixels"
      : "\(pictures) pictures, of which the first is shown,"
    let measured = profile.measured.count
    return """
      \(which) noised to \(measured) of \(bound.schedule.count) timesteps\
      \(measured < bound.schedule.count
        ? "; the terms between them take their errors from their neighbours." : ".") \
      \(study.predictor.explanation)
      """
  }

  private var pictures: [Figure] {
    let original = study.originals.rows(0..<1)
    return [
      Figure(of: Quantity("x_0", "the picture", .signal), .fixed(picture(original))),
      Figure(of: Quantity("x_t", "what the step starts from"), film(\.noisy)),
      Figure(
        of: Quantity("x̂_0", "the picture that ε̂ implies", .signal), film(\.predictedOriginal),
        note: notes { "RMSE \(NumberFormat.decimals(1).text($0.distortion)) of 255" }),
      Figure(of: Quantity("ε", "the true noise", .noise), noiseFilm(\.noise)),
      Figure(of: Quantity("ε̂", "the predicted noise", .prediction), noiseFilm(\.predictedNoise)),
      Figure(
        of: noiseError, noiseFilm { ($0.noise - $0.predictedNoise) * 3 },
        caption: "ε − ε̂, three times as strong"),
    ]
  }

  func picture(_ tensor: Tensor) -> Picture {
    Picture(png: PNG.data(of: Image(tensor)), kind: .grid)
  }

  private func film(_ tensor: (BoundExperiment.Frame) -> Tensor) -> Varying<Picture> {
    .over(t, frames.map { picture(tensor($0)) })
  }

  private func noiseFilm(_ tensor: (BoundExperiment.Frame) -> Tensor) -> Varying<Picture> {
    film { tensor($0).scaled(by: 1 / 3) }
  }

  private func notes(_ text: (BoundProfile.Step) -> String) -> Varying<String> {
    .over(t, frames.map { text(profile.steps[$0.t]) })
  }

  func over(_ value: (BoundProfile.Step) -> Double) -> Varying<Double> {
    .over(t, frames.map { value(profile.steps[$0.t]) })
  }

  private var floors: Varying<Double> {
    .over(t, frames.map { $0.t == 0 ? 0 : bound.floor(at: $0.t) })
  }

  private var numbers: Numbers {
    Numbers(
      "At this step",
      [
        Number(of: term, over(\.bits), unit: "bits/dim"),
        Number(
          of: Quantity("L_{t−1} / L", "its share of the bound", .prediction),
          over { [profile] in $0.bits / profile.total }, .percent(2)),
        Number(of: weight, over(\.weight)),
        Number(of: noiseError, over(\.noiseError)),
        Number(
          of: Quantity("‖x_0 − x̂_0‖^2", "squared error of the picture", .error),
          over(\.originalError)),
        Number(of: rate, over(\.rate), unit: "bits/dim"),
        Number(of: distortion, over(\.distortion)),
      ])
  }

  private var octaveCurves: [Curve] {
    study.found.enumerated().map { index, found in
      let octaves = found.profile.octaves
      return Curve(
        of: study.found.count == 1 ? term : named(found, term), x: octaves.map(\.start),
        y: octaves.map(\.bits), style: index == 0 ? .bars : .points)
    }
  }

  /// A curve over every timestep; of several predictors each under its own name.
  func curve(
    of found: BoundStudy.Found, _ quantity: Quantity, _ value: (BoundProfile.Step) -> Double
  ) -> Curve {
    let isFirst = found.name == study.found[0].name
    return Curve(
      of: study.found.count == 1 ? quantity : named(found, quantity), x: everyT,
      y: found.profile.steps.map(value), style: isFirst ? .line : .dashed)
  }

  func named(_ found: BoundStudy.Found, _ quantity: Quantity) -> Quantity {
    let isFirst = found.name == study.found[0].name
    return Quantity(
      Math("\"" + found.name + "\""), "\(found.name): \(quantity.name)",
      isFirst ? .prediction : .condition)
  }
}

extension BoundProfile {
  /// The bits of each doubling of t + 1: 1, 2…3, 4…7 and so on.
  var octaves: [(start: Double, bits: Double)] {
    var octaves: [(start: Double, bits: Double)] = []
    for step in steps {
      let octave = Int(log2(Double(step.t + 1)))
      if octave == octaves.count { octaves.append((Double(1 << octave), 0)) }
      octaves[octave].bits += step.bits
    }
    return octaves
  }
}
